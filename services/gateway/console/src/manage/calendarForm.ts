/** A calendar as a form holds it, and back. Lists that a calendar takes from the one above are null in it. */

import type { Calendar } from "./api";
import { clockOf } from "./hours";

type Window = NonNullable<Calendar["windows"]>[number];
type Term = NonNullable<Calendar["terms"]>[number];
type Day = Calendar["days"][number];

export interface CalendarDraft {
  id: string;
  title: string;
  titleEn: string;
  parent: string;
  sites: string[];
  isDefault: boolean;
  timeZone: string;
  holidays: "china" | "none" | "";
  hasWindows: boolean;
  windows: Window[];
  hasTerms: boolean;
  terms: Term[];
  days: Day[];
}

export const FRESH_WINDOW: Window = { part: "serving", label: "", days: [1, 2, 3, 4, 5], from_minute: 690, to_minute: 780 };

const copyOf = (row: Window): Window => ({ ...row, days: [...row.days] });

export function calendarDraft(calendar: Calendar | null): CalendarDraft {
  if (calendar === null) {
    return {
      id: "", title: "", titleEn: "", parent: "", sites: [], isDefault: false, timeZone: "Asia/Shanghai", holidays: "china",
      hasWindows: true, windows: [copyOf(FRESH_WINDOW)], hasTerms: false, terms: [], days: [],
    };
  }
  return {
    id: calendar.calendar, title: calendar.title["zh-CN"] ?? "", titleEn: calendar.title["en"] ?? "", parent: calendar.parent ?? "",
    sites: [...calendar.sites], isDefault: calendar.is_default, timeZone: calendar.time_zone ?? "", holidays: calendar.public_holidays ?? "",
    hasWindows: calendar.windows != null, windows: (calendar.windows ?? []).map(copyOf),
    hasTerms: calendar.terms != null, terms: (calendar.terms ?? []).map((term) => ({ ...term })),
    days: calendar.days.map((day) => ({ ...day })),
  };
}

/** `before`: what it was made from; null: a new one. What the form does not show stays. */
export function calendarOf(draft: CalendarDraft, before: Calendar | null): Calendar {
  // The server wants both: who has one language only has it twice.
  const chinese = draft.title.trim() || draft.titleEn.trim();
  const named = { "zh-CN": chinese, en: draft.titleEn.trim() || chinese };
  return {
    ...(before ?? { version: 1, from_us: 0, is_removed: false, make_up_as: null }),
    calendar: draft.id.trim(), title: { ...(before?.title ?? {}), ...named },
    parent: draft.parent === "" ? null : draft.parent, sites: [...draft.sites], is_default: draft.isDefault,
    time_zone: draft.timeZone.trim() === "" ? null : draft.timeZone.trim(), public_holidays: draft.holidays === "" ? null : draft.holidays,
    windows: draft.hasWindows ? draft.windows : null, terms: draft.hasTerms ? draft.terms : null, days: draft.days,
  };
}

/** Key of what is wrong, by the server's name of the field. */
export function wrongCalendar(draft: CalendarDraft): Record<string, "needTitle" | "order"> {
  const wrong: ReturnType<typeof wrongCalendar> = {};
  if (draft.title.trim() === "" && draft.titleEn.trim() === "") wrong["title"] = "needTitle";
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(draft.id.trim())) wrong["calendar"] = "needTitle";
  const isOrdered = (one: { from_day: string; to_day: string }) => one.from_day !== "" && one.to_day >= one.from_day;
  if (draft.hasTerms && !draft.terms.every(isOrdered)) wrong["terms"] = "order";
  if (!draft.days.every(isOrdered)) wrong["days"] = "order";
  return wrong;
}

/** What to send, so that nothing is changed that the person did not change. */
export function isSameCalendar(one: Calendar, other: Calendar): boolean {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof Calendar>;
  return [...keys].every((key) => JSON.stringify(one[key] ?? null) === JSON.stringify(other[key] ?? null));
}

/** A stretch of a day on the kitchen's own clock, wherever the reader is. */
export function stretchWords(startIso: string, endIso: string, timeZone: string): string {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const end = format.format(Date.parse(endIso));
  return `${format.format(Date.parse(startIso))}–${end === "00:00" ? "24:00" : end}`;
}

/** Today on a clock, as a field for a date has it. */
export function dayOf(ms: number, timeZone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(ms);
}

export const spanOf = (row: { from_minute: number; to_minute: number }) => `${clockOf(row.from_minute)}–${clockOf(row.to_minute)}`;
