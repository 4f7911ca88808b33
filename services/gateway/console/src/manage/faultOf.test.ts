import { expect, it } from "vitest";
import { faultOf, faultsOf } from "./faultOf";

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

it.each([
  [{ fields: { end: "Later." }, code: "invalid_fields", message: "1 field is wrong." }, { end: "Later." }],
  [{ fields: {}, code: "bad_silence", message: "until: this may last 168 hours at most. Make another one." }, { end: "this may last 168 hours at most. Make another one." }],
  [{ fields: {}, code: "bad_rule", message: "condition.seconds: at most 600." }, { "condition.seconds": "at most 600." }],
  [{ fields: {}, code: "bad_calendar", message: "days.3.windows: a closed day has no hours." }, { "days.3.windows": "a closed day has no hours." }],
  [{ fields: {}, code: "bad_channel", message: "That is no URL." }, { address: "That is no URL." }],
  [{ fields: {}, code: "bus_away", message: "Try again: the bus is away." }, {}],
])("%j is about %j", (problem, expected) => {
  expect(faultsOf(problem)).toEqual(expected);
});
