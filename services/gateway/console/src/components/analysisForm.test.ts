import { describe, expect, it } from "vitest";
import { analysisDraftOf, analysisOf, nightOf, wrongHours, type Plan } from "./analysisForm";

const PLAN: Plan = {
  is_enabled: true, stream: "sub", rate_hz: 2, night_rate_hz: 5, working: [{ days: [1, 2], start: "06:00", end: "18:30" }], time_zone: "Asia/Urumqi",
  zones: [{ id: "floor", purpose: "floor", polygon: [[0, 0], [1, 0], [1, 1]] }], masks: [], may_repeat: false, view_accepted_at: null,
};
const DAY = { is_open: true, reason: "weekly_hours", time_zone: "Asia/Shanghai", windows: [{ part: "serving", label: "", days: [1], from_minute: 0, to_minute: 60 }], stretches: [] } as unknown as Parameters<typeof nightOf>[0];
const stretch = (start: string, end: string, ...parts: string[]) => ({ start: `2026-11-25T${start}:00+08:00`, end: `2026-11-25T${end}:00+08:00`, parts });

describe("the plan of a camera in its form", () => {
  it("comes back as it went in, with what the form does not show", () => {
    expect(analysisOf(analysisDraftOf(PLAN), PLAN)).toEqual(PLAN);
    expect(analysisDraftOf(null)).toEqual({ isEnabled: true, isOwn: false, working: [], timeZone: "Asia/Shanghai" });
  });

  it("gives up its own hours for those of the kitchen's calendar", () => {
    const made = analysisOf({ ...analysisDraftOf(PLAN), isOwn: false }, PLAN);
    expect([made.working, made.zones, made.stream]).toEqual([[], PLAN.zones, "sub"]);
  });

  it("needs hours where it has its own: none of them would be the calendar's again", () => {
    const draft = analysisDraftOf(PLAN);
    expect(wrongHours(draft)).toBe("");
    expect(wrongHours({ ...draft, working: [] })).toBe("needHours");
    expect(wrongHours({ ...draft, working: [{ days: [], from_minute: 1, to_minute: 2 }] })).toBe("needDays");
    expect(wrongHours({ ...draft, working: [{ days: [1], from_minute: 2, to_minute: 2 }] })).toBe("noLength");
    expect(wrongHours({ ...draft, working: [], isOwn: false })).toBe("");
  });
});

describe("the night of a kitchen by its calendar", () => {
  it("is told as it is today", () => {
    const stretches = [stretch("00:00", "06:00", "closed"), stretch("06:00", "11:00", "open", "preparing"), stretch("11:00", "13:00", "open", "serving"), stretch("13:00", "15:00", "closed"), stretch("15:00", "18:00", "open", "cleaning")];
    expect(nightOf({ ...DAY, stretches } as typeof DAY)).toEqual({ is: "open", hours: "06:00–13:00、15:00–18:00" });
    expect(nightOf({ ...DAY, is_open: false, windows: [] })).toEqual({ is: "shut" });
  });

  it("is not there without a calendar, nor where no calendar says hours", () => {
    expect(nightOf({ ...DAY, reason: "no_calendar", windows: [] })).toEqual({ is: "noCalendar" });
    expect(nightOf({ ...DAY, windows: [] })).toEqual({ is: "noHours" });
  });
});
