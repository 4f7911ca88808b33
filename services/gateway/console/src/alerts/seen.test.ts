import { expect, it } from "vitest";
import { Seen } from "./seen";

function storage(text: string | null = null) {
  const kept = new Map(text === null ? [] : [["k", text]]);
  return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
}

it("is remembered, the newest 500", () => {
  const store = storage();
  const seen = new Seen("k", store);
  for (let n = 0; n < 510; n++) expect(seen.add(`a${n}`)).toBe(true);
  expect(seen.add("a509")).toBe(false);
  const again = new Seen("k", store);
  expect([again.has("a0"), again.has("a9"), again.has("a10"), again.has("a509")]).toEqual([false, false, true, true]);
});

it.each(["", "{", "{}", "[1]"])("nonsense is nothing: %s", (text) => expect(new Seen("k", storage(text)).has("1")).toBe(false));
