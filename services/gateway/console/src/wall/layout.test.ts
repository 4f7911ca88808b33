import { describe, expect, it } from "vitest";
import { arranged, merged, moved, parse } from "./layout";

const ids = (cameras: { id: string }[]) => cameras.map((camera) => camera.id).join("");
const cameras = [..."abcde"].map((id) => ({ id }));

describe("the layout somebody keeps", () => {
  it("is plain where nothing was kept, or nonsense", () => {
    for (const text of [null, "", "{", "null", "[]", '"x"', '{"n":7,"dwellS":1,"order":"abc"}']) {
      expect(parse(text)).toEqual({ n: 4, dwellS: 20, order: [] });
    }
  });

  it("is what was kept", () => {
    const kept = { n: 25, dwellS: 60, order: ["b", "a"] };
    expect(parse(JSON.stringify(kept))).toEqual(kept);
  });

  it("puts the chosen first, and leaves the others as they came", () => {
    expect(ids(arranged(cameras, ["d", "gone", "b"]))).toBe("dbace");
  });

  it("moves one to another's place, forward and back", () => {
    expect(moved([..."abcde"], "a", "c").join("")).toBe("bcade");
    expect(moved([..."abcde"], "d", "b").join("")).toBe("adbce");
    expect(moved([..."abcde"], "x", "b").join("")).toBe("abcde");
  });

  it("keeps the places of other schools", () => {
    expect(merged([..."aXbYc"], [..."cab"]).join("")).toBe("cXaYb");
  });
});
