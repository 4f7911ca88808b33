import { expect, it } from "vitest";
import { sightOf } from "./sight";

it("takes a school, a camera and a moment from the address", () => {
  const atMs = Date.UTC(2026, 10, 26, 2, 0, 5);
  const seen = { site: "north", camera: "cook-1", atMs };
  expect(sightOf({ new: null, site: "north", camera: "cook-1", at: String(atMs) })).toEqual(seen);
  expect(sightOf({ new: null, site: "north", camera: "cook-1", at: "2026-11-26T10:00:05+08:00" })).toEqual(seen);
});

it("takes what there is, and no moment without a camera", () => {
  expect(sightOf({ new: null })).toBeNull();
  expect(sightOf({ site: "north", at: "1" })).toEqual({ site: "north", camera: "", atMs: null });
  expect(sightOf({ camera: "cook-1", at: "yesterday" })).toEqual({ site: "", camera: "cook-1", atMs: null });
});
