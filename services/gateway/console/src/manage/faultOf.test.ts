import { expect, it } from "vitest";
import { faultOf } from "./faultOf";

const FAULTS = { "rule.condition.broken": "Too many.", "weekly.0.from_minute": "Wrong.", "weekly.1.from_minute": "Wrong.", end: "Later." };

it("finds a field, whether asked for alone or within a body", () => {
  expect(faultOf(FAULTS, "condition.broken")).toBe("Too many.");
  expect(faultOf(FAULTS, "end")).toBe("Later.");
});

it("says the same of several rows once", () => {
  expect(faultOf(FAULTS, "weekly")).toBe("Wrong.");
});

it("does not take one name for the beginning of another", () => {
  expect(faultOf(FAULTS, "en", "condition.brok")).toBe("");
});
