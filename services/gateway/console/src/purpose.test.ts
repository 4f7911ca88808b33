import { describe, expect, it } from "vitest";
import { purposeOf, purposeQuery } from "./purpose";

const at = (path: string, query: Record<string, unknown> = {}) => purposeOf({ path, query }, false);

describe("why somebody looks", () => {
  it.each([
    ["/live", "patrol"],
    ["/wall", "patrol"],
    ["/watch", "case"],
    ["/cases/c1", "case"],
    ["/inspections", "draw"],
    ["/broadcast/drills", "drill"],
    ["/broadcast", null],
    ["/playback", null],
    ["/rooms/r1", null],
    ["/livestock", null],
  ])("%s: %s", (path, purpose) => {
    expect(at(path)).toBe(purpose);
  });

  it("is what a link says, where that is one", () => {
    expect(at("/live", { purpose: "draw" })).toBe("draw");
    expect(at("/playback", { purpose: "case" })).toBe("case");
    expect(at("/playback", { purpose: "curiosity" })).toBe(null);
    expect(at("/live", { purpose: ["draw", "case"] })).toBe("patrol");
  });

  it("is nobody's business in one's own kitchen", () => {
    expect(purposeOf({ path: "/live", query: {} }, true)).toBe(null);
  });

  it("goes behind a query, or is left out", () => {
    expect(purposeQuery("draw")).toBe("&purpose=draw");
    expect(purposeQuery(null)).toBe("");
  });
});
