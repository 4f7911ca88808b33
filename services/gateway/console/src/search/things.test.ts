import { describe, expect, it } from "vitest";
import { moved, piecesOf, waysOf, type Thing } from "./things";

const school: Thing = { kind: "site", id: "s1", name: "东方幼儿园", site: "s1" };
const camera: Thing = { kind: "camera", id: "c1", name: "烹饪间", site: "s1" };
const all = { mayView: true, mayPlayBack: true };

describe("where it leads", () => {
  it("a school to its pictures, cases, recordings", () => {
    expect(waysOf(school, all).map((way) => way.to)).toEqual([
      { path: "/live", query: { site: "s1" } }, { path: "/cases", query: { site: "s1", state: "all" } }, { path: "/playback", query: { site: "s1" } },
    ]);
  });

  it("a camera to its picture and its recordings", () => {
    expect(waysOf(camera, all).map((way) => way.to)).toEqual([
      { path: "/live", query: { site: "s1", camera: "c1" } }, { path: "/playback", query: { site: "s1", cameras: "c1" } },
    ]);
  });

  it("who looks at no pictures: to the list", () => {
    expect(waysOf(camera, { mayView: false, mayPlayBack: false })).toEqual([{ sight: "cameras", to: { path: "/cameras", query: { site: "s1", camera: "c1" } } }]);
  });

  it("cases and orders to their pages", () => {
    expect(waysOf({ ...camera, kind: "case" }, all)).toEqual([{ sight: "open", to: { path: "/cases/c1" } }]);
    expect(waysOf({ ...camera, kind: "order" }, all)).toEqual([{ sight: "open", to: { path: "/orders/c1" } }]);
  });
});

describe("arrows", () => {
  const ways = [3, 1, 2];
  it.each([
    [{ row: -1, way: 0 }, "ArrowDown", { row: 0, way: 0 }],
    [{ row: -1, way: 0 }, "ArrowUp", { row: 2, way: 0 }],
    [{ row: 2, way: 1 }, "ArrowDown", { row: 0, way: 0 }],
    [{ row: 0, way: 2 }, "ArrowUp", { row: 2, way: 0 }],
    [{ row: 0, way: 0 }, "ArrowRight", { row: 0, way: 1 }],
    [{ row: 0, way: 2 }, "ArrowRight", { row: 0, way: 2 }],
    [{ row: 1, way: 0 }, "ArrowRight", { row: 1, way: 0 }],
    [{ row: 0, way: 0 }, "ArrowLeft", { row: 0, way: 0 }],
  ] as const)("from %o with %s", (at, key, to) => expect(moved(at, key, ways)).toEqual(to));

  it("lead nowhere where nothing is", () => expect(moved({ row: -1, way: 0 }, "ArrowDown", [])).toEqual({ row: -1, way: 0 }));
});

it.each([
  ["东方幼儿园", "方幼", ["东", "*方幼", "儿园"]],
  ["Prep room 1", "PREP １", ["*Prep", " room ", "*1"]],
  ["a.b(c", ".b(", ["a", "*.b(", "c"]],
  ["烹饪间", "", ["烹饪间"]],
  ["烹饪间", "二小", ["烹饪间"]],
])("what was typed is marked: %s, %s", (name, typed, pieces) => {
  expect(piecesOf(name, typed).map((piece) => (piece.isFound ? "*" : "") + piece.text)).toEqual(pieces);
});
