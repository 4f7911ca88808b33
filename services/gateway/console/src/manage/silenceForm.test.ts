import { describe, expect, it } from "vitest";
import { localInput } from "./hours";
import { blankSilence, silenceBody, stateOf, wrongWith } from "./silenceForm";

const HOUR = 3_600_000;
const later = (hours: number) => localInput(Date.now() + hours * HOUR);
const GOOD = { ...blankSilence(), reason: "new camera", sites: ["demo"], end: later(2) };

describe("a new silence", () => {
  it("needs a reason, an end and, of a supervisor, schools or cameras", () => {
    expect(wrongWith(blankSilence(), false)).toEqual({ reason: "", sites: "needSites", end: "needEnd" });
    expect(wrongWith(blankSilence(), true)).toEqual({ reason: "", sites: "needSome", end: "needEnd" });
    expect(wrongWith({ ...GOOD, sites: [], rules: ["no_hat"] }, true)).toEqual({});
    expect(wrongWith(GOOD, false)).toEqual({});
    expect(wrongWith({ ...GOOD, sites: [], cameras: ["cook-1"] }, false)).toEqual({});
  });

  it("ends after it begins", () => {
    expect(wrongWith({ ...GOOD, end: later(-1) }, false)).toEqual({ end: "endFirst" });
    expect(wrongWith({ ...GOOD, start: later(3) }, false)).toEqual({ end: "endFirst" });
    expect(wrongWith({ ...GOOD, start: later(1) }, false)).toEqual({});
  });

  it("sends weekly hours of maintenance alone, and no start as now", () => {
    const weekly = [{ days: [6], from_minute: 480, to_minute: 600 }];
    expect(silenceBody({ ...GOOD, weekly }, "Asia/Shanghai")).toMatchObject({ weekly: [], start: null, covers_class_1: false, time_zone: "Asia/Shanghai" });
    expect(silenceBody({ ...GOOD, kind: "maintenance", weekly }, "Asia/Shanghai").weekly).toEqual(weekly);
    expect(wrongWith({ ...GOOD, kind: "maintenance", weekly: [{ ...weekly[0]!, days: [] }] }, false)).toEqual({ weekly: "" });
  });
});

describe("the state of a silence", () => {
  const NOW = Date.parse("2026-11-25T10:00:00Z");
  const one = { start: "2026-11-25T09:00:00Z", end: "2026-11-25T11:00:00Z", ended_at: null, is_in_force: true };
  it.each([
    [one, "now"],
    [{ ...one, is_in_force: false }, "pause"],
    [{ ...one, is_in_force: false, start: "2026-11-25T10:30:00Z" }, "later"],
    [{ ...one, is_in_force: false, end: "2026-11-25T10:00:00Z" }, "over"],
    [{ ...one, is_in_force: false, ended_at: "2026-11-25T09:30:00Z" }, "over"],
  ])("of %j is %s", (silence, expected) => {
    expect(stateOf(silence, NOW)).toBe(expected);
  });
});
