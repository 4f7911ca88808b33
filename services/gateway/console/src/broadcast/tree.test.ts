import { describe, expect, it } from "vitest";
import { branches, tickOf, toggled, type Leaf } from "./tree";

const leaf = (id: string, site: string, more: Partial<Leaf> = {}): Leaf => ({
  id, site, name: `name of ${id}`, isEnabled: true, isOnline: true, isMute: false, ...more,
});
const SITES = [{ id: "one", name: "一小" }, { id: "two", name: "二小" }, { id: "three", name: "三小" }];
const CAMERAS = [leaf("a", "one"), leaf("b", "one"), leaf("c", "two"), leaf("off", "two", { isEnabled: false }), leaf("mute", "two", { isMute: true })];

describe("the tree of schools", () => {
  it("leaves out schools without cameras", () => {
    expect(branches(SITES, CAMERAS, "").map((one) => [one.site, one.cameras.length])).toEqual([["one", 2], ["two", 3]]);
  });

  it.each([["二小", [["two", 3]]], ["of B", [["one", 1]]], ["nobody", []]])("finds %s", (search, expected) => {
    expect(branches(SITES, CAMERAS, search).map((one) => [one.site, one.cameras.length])).toEqual(expected);
  });

  it("ticks a school by those of its cameras that can be spoken to", () => {
    const two = CAMERAS.slice(2);
    expect(tickOf(two, new Set())).toBe("none");
    expect(tickOf(two, new Set(["c"]))).toBe("all");
    expect(tickOf(CAMERAS, new Set(["c"]))).toBe("some");
  });

  it("chooses all that can be spoken to, and none again", () => {
    const all = toggled(CAMERAS, new Set(["a"]));
    expect([...all].sort()).toEqual(["a", "b", "c"]);
    expect(toggled(CAMERAS, all).size).toBe(0);
  });
});
