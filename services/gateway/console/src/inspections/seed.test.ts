import { describe, expect, it } from "vitest";
import { commitmentOf, newSeed, seedOf } from "./seed";
import { sha256 } from "./sha256";

async function known(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

describe("SHA-256", () => {
  it.each(["", "abc", "a".repeat(55), "b".repeat(56), "c".repeat(64), "d".repeat(1000), "教育局\n"])("is that of everybody else: %j", async (text) => {
    expect(sha256(text)).toBe(await known(text));
  });
});

describe("a seed", () => {
  const [seed, nonce] = ["a".repeat(64), "b".repeat(64)];

  it("is committed to with its department", async () => {
    expect(commitmentOf("教育局", seed, nonce)).toBe(await known(`bright-kitchen seed 1\n教育局\n${seed}\n${nonce}\n`));
  });

  it("is another one each time, and its hash fits", () => {
    const [one, two] = [newSeed("x"), newSeed("x")];
    expect(one.seed).not.toBe(two.seed);
    expect(one.nonce).not.toBe(one.seed);
    expect(one.commitment).toBe(commitmentOf("x", one.seed, one.nonce));
  });

  it("comes back out of its file", () => {
    const made = newSeed("x");
    expect(seedOf(JSON.stringify(made))).toEqual(made);
  });

  it("does not believe the hash in a file", () => {
    expect(seedOf(JSON.stringify({ ...newSeed("x"), commitment: "0" }))?.commitment).toHaveLength(64);
  });

  it.each(["", "{}", "null", JSON.stringify({ department: "x", seed: "short", nonce })])("is not in %j", (text) => {
    expect(seedOf(text)).toBeNull();
  });
});
