/** A quiet hour for drills, between what the server keeps and what a form shows. Pure. */

import { clockOf, minuteOf, type Week } from "@/manage/hours";
import type { DrillSchedule } from "./api";

export interface DrillDraft {
  isOn: boolean;
  /** One row: a schedule has one quiet hour. */
  hours: Week[];
  zone: string;
  levelDbfs: number | null;
}

/** At night on Sunday: when nobody cooks, and nobody is startled. */
export const FRESH_HOUR: Week = { days: [7], from_minute: 150, to_minute: 240 };
const FRESH_ZONE = "Asia/Shanghai";

export function draftOf(schedule: DrillSchedule | null): DrillDraft {
  if (schedule === null) return { isOn: true, hours: [structuredClone(FRESH_HOUR)], zone: FRESH_ZONE, levelDbfs: null };
  return { isOn: schedule.is_enabled ?? true, hours: [weekOf(schedule)], zone: schedule.time_zone ?? FRESH_ZONE, levelDbfs: schedule.level_dbfs ?? null };
}

export function weekOf({ window }: Pick<DrillSchedule, "window">): Week {
  return { days: [...window.days], from_minute: minuteOf(window.start) ?? 0, to_minute: minuteOf(window.end) ?? 0 };
}

/** For the server; null where no day is chosen. */
export function bodyOf(draft: DrillDraft) {
  const [hour] = draft.hours;
  if (hour === undefined || hour.days.length === 0) return null;
  const window = { days: hour.days, start: clockOf(hour.from_minute), end: clockOf(hour.to_minute) };
  return { is_enabled: draft.isOn, window, time_zone: draft.zone.trim(), level_dbfs: draft.levelDbfs };
}
