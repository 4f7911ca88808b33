/** How a camera is looked at, as a form holds it; what a kitchen's calendar makes of its nights. */

import type { Schemas } from "@/api/client";
import { clockOf, minuteOf, type Week } from "@/manage/hours";
import { stretchWords } from "@/manage/calendarForm";

export type Plan = Schemas["AnalysisPlan"];
type KitchenDay = Pick<Schemas["KitchenDayAnswer"], "is_open" | "reason" | "windows" | "stretches" | "time_zone">;

export interface AnalysisDraft {
  isEnabled: boolean;
  /** Hours of its own; else those of its kitchen's calendar. */
  isOwn: boolean;
  working: Week[];
  timeZone: string;
}

export const FRESH_HOURS: Week = { days: [1, 2, 3, 4, 5], from_minute: 360, to_minute: 1080 };

export function analysisDraftOf(plan: Plan | null): AnalysisDraft {
  return {
    isEnabled: plan?.is_enabled ?? true,
    isOwn: (plan?.working.length ?? 0) > 0,
    working: (plan?.working ?? []).map((row) => ({ days: [...row.days], from_minute: minuteOf(row.start) ?? 0, to_minute: minuteOf(row.end) ?? 0 })),
    timeZone: plan?.time_zone ?? "Asia/Shanghai",
  };
}

/** The plan changed so; what the form does not show stays. */
export function analysisOf(draft: AnalysisDraft, plan: Plan | null): Plan {
  const working = draft.isOwn ? draft.working.map((row) => ({ days: [...row.days], start: clockOf(row.from_minute), end: clockOf(row.to_minute) })) : [];
  // Of a new camera the server knows what is usual.
  return { ...(plan ?? ({} as Plan)), is_enabled: draft.isEnabled, working, time_zone: draft.timeZone };
}

/** Key of what is wrong with its hours. */
export function wrongHours(draft: AnalysisDraft): "" | "needHours" | "needDays" | "noLength" {
  if (!draft.isOwn) return "";
  if (draft.working.length === 0) return "needHours";
  if (draft.working.some((row) => row.days.length === 0)) return "needDays";
  return draft.working.some((row) => row.from_minute === row.to_minute) ? "noLength" : "";
}

export type Night = { is: "noCalendar" | "noHours" | "shut" } | { is: "open"; hours: string };

/** Whether and when a kitchen's calendar has its night, as it is today. */
export function nightOf(day: KitchenDay): Night {
  if (day.reason === "no_calendar") return { is: "noCalendar" };
  if (!day.is_open) return { is: "shut" };
  if (day.windows.length === 0) return { is: "noHours" };
  const open: { start: string; end: string }[] = [];
  for (const { start, end, parts } of day.stretches) {
    if (parts.includes("closed")) continue;
    const last = open.at(-1);
    if (last?.end === start) last.end = end;
    else open.push({ start, end });
  }
  return { is: "open", hours: open.map((one) => stretchWords(one.start, one.end, day.time_zone)).join("、") };
}
