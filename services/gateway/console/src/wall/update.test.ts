import { describe, expect, it } from "vitest";
import { isNewer, mayReload, scriptsOf } from "./update";

const page = (hash: string) =>
  `<!doctype html><html><head><script type="module" crossorigin src="/assets/index-${hash}.js"></script>
  <link rel="stylesheet" crossorigin href="/assets/index-1.css"></head><body></body></html>`;

describe("a newer console", () => {
  it("is known by the names of its scripts", () => {
    expect(scriptsOf(page("a1"))).toEqual(["/assets/index-a1.js"]);
    expect(isNewer(["/assets/index-a1.js"], page("a1"))).toBe(false);
    expect(isNewer(["/assets/index-a1.js"], page("b2"))).toBe(true);
  });

  it("is no page of a proxy", () => {
    expect(isNewer(["/assets/index-a1.js"], "<html><h1>502</h1></html>")).toBe(false);
  });

  it("is taken once in five minutes at most", () => {
    expect(mayReload(1_000_000, 1_200_000)).toBe(false);
    expect(mayReload(1_000_000, 1_300_001)).toBe(true);
    expect(mayReload(1_000_000, 900_000)).toBe(true);
  });
});
