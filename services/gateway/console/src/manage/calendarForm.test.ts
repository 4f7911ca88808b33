import { describe, expect, it } from "vitest";
import type { Calendar } from "./api";
import { calendarDraft, calendarOf, dayOf, isSameCalendar, stretchWords, wrongCalendar } from "./calendarForm";

const CALENDAR: Calendar = {
  calendar: "city", version: 4, title: { "zh-CN": "全市", en: "City" }, parent: null, sites: ["demo"], is_default: true, time_zone: "Asia/Shanghai",
  public_holidays: "china", make_up_as: 3, terms: null, windows: [{ part: "serving", label: "午餐", days: [1, 2], from_minute: 690, to_minute: 780 }],
  days: [{ from_day: "2026-12-01", to_day: "2026-12-02", is_open: true, reason: "exam", windows: [{ part: "serving", label: "", days: [1], from_minute: 600, to_minute: 660 }] }],
  from_us: 60_000_000, is_removed: false,
};

describe("a calendar in a form", () => {
  it("comes back as it was, with what the form does not show", () => {
    expect(calendarOf(calendarDraft(CALENDAR), CALENDAR)).toEqual(CALENDAR);
    expect(isSameCalendar(calendarOf(calendarDraft(CALENDAR), CALENDAR), CALENDAR)).toBe(true);
  });

  it("tells none of its own from those of the calendar above", () => {
    expect(calendarOf({ ...calendarDraft(CALENDAR), hasTerms: true }, CALENDAR).terms).toEqual([]);
    expect(calendarOf({ ...calendarDraft(CALENDAR), hasWindows: false }, CALENDAR).windows).toBeNull();
    expect(calendarOf({ ...calendarDraft(CALENDAR), holidays: "", timeZone: "" }, CALENDAR)).toMatchObject({ public_holidays: null, time_zone: null });
  });

  it("has a name in both languages, if only the same one", () => {
    expect(calendarOf({ ...calendarDraft(null), id: "a", title: " 全市 " }, null).title).toEqual({ "zh-CN": "全市", en: "全市" });
    expect(calendarOf({ ...calendarDraft(null), id: "a", titleEn: "City" }, null).title).toEqual({ "zh-CN": "City", en: "City" });
  });

  it("does not touch the form's source", () => {
    const draft = calendarDraft(CALENDAR);
    draft.windows[0]!.days.push(7);
    draft.days[0]!.is_open = false;
    expect(CALENDAR.windows?.[0]?.days).toEqual([1, 2]);
    expect(CALENDAR.days[0]?.is_open).toBe(true);
  });

  it("finds what is wrong", () => {
    expect(wrongCalendar(calendarDraft(null))).toEqual({ title: "needTitle", calendar: "needTitle" });
    expect(wrongCalendar(calendarDraft(CALENDAR))).toEqual({});
    const day = { from_day: "2026-12-02", to_day: "2026-12-01", is_open: false, reason: "" };
    expect(wrongCalendar({ ...calendarDraft(CALENDAR), days: [day] })).toEqual({ days: "order" });
    expect(wrongCalendar({ ...calendarDraft(CALENDAR), hasTerms: true, terms: [{ label: "", from_day: "", to_day: "" }] })).toEqual({ terms: "order" });
  });
});

it("shows a stretch on the kitchen's clock", () => {
  expect(stretchWords("2026-11-24T16:00:00Z", "2026-11-24T22:30:00Z", "Asia/Shanghai")).toBe("00:00–06:30");
  expect(stretchWords("2026-11-25T10:00:00Z", "2026-11-25T16:00:00Z", "Asia/Shanghai")).toBe("18:00–24:00");
});

it("knows which day it is there", () => {
  expect(dayOf(Date.parse("2026-11-25T16:30:00Z"), "Asia/Shanghai")).toBe("2026-11-26");
});
