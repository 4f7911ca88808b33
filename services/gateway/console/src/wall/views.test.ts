import { describe, expect, it } from "vitest";
import type { Camera } from "@/api/client";
import { narrowed, viewOf, VIEWS } from "./views";

const cameras = (["a", "b"] as const).flatMap((site) => VIEWS.map((purpose) => ({ id: `${site}-${purpose}`, site, purpose })));
const ids = (site: string, view: Camera["purpose"] | "") => narrowed(cameras, site, view).map((one) => one.id);

describe("the live page", () => {
  it("shows a school, a kind of view, or both", () => {
    expect(ids("", "")).toHaveLength(8);
    expect(ids("a", "")).toEqual(["a-hygiene", "a-processing", "a-dishes", "a-storage"]);
    expect(ids("", "dishes")).toEqual(["a-dishes", "b-dishes"]);
    expect(ids("b", "storage")).toEqual(["b-storage"]);
    expect(ids("nowhere", "storage")).toEqual([]);
  });

  it.each([["dishes", "dishes"], ["", ""], [undefined, ""], ["draw", ""], [["dishes", "storage"], ""]])("reads %j out of an address", (asked, view) => {
    expect(viewOf(asked)).toBe(view);
  });
});
