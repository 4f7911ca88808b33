/** A public screen as a form holds it, and what is sent of it. */

import { clockOf, localInput, minuteOf, momentOf, type Week } from "./hours";

const DAY_MS = 86_400_000;

export interface PublicScreenDraft {
  name: string;
  cameras: string[];
  end: string;
  hours: Week[];
  timeZone: string;
  isOn: boolean;
}

interface Kept {
  name: string;
  cameras: string[];
  ends_at: string;
  hours: { days: number[]; start: string; end: string }[];
  time_zone: string;
  is_on: boolean;
}

export function blankScreen(nowMs: number): PublicScreenDraft {
  return { name: "", cameras: [], end: localInput(nowMs + 30 * DAY_MS), hours: [], timeZone: "Asia/Shanghai", isOn: true };
}

export function draftOf(kept: Kept): PublicScreenDraft {
  return {
    name: kept.name, cameras: [...kept.cameras], end: localInput(Date.parse(kept.ends_at)), timeZone: kept.time_zone, isOn: kept.is_on,
    hours: kept.hours.map((row) => ({ days: [...row.days], from_minute: minuteOf(row.start) ?? 0, to_minute: minuteOf(row.end) ?? 0 })),
  };
}

/** Key of what is wrong, by the server's name of the field. */
export function wrongWith(draft: PublicScreenDraft, nowMs: number): Record<string, "needName" | "needCameras" | "tooMany" | "needEnd" | "needDays"> {
  const wrong: ReturnType<typeof wrongWith> = {};
  if (draft.name.trim() === "") wrong["name"] = "needName";
  if (draft.cameras.length === 0) wrong["cameras"] = "needCameras";
  if (draft.cameras.length > 12) wrong["cameras"] = "tooMany";
  const end = momentOf(draft.end);
  if (end === null || Date.parse(end) <= nowMs || Date.parse(end) > nowMs + 366 * DAY_MS) wrong["ends_at"] = "needEnd";
  if (draft.hours.some((row) => row.days.length === 0)) wrong["hours"] = "needDays";
  return wrong;
}

export function screenBody(draft: PublicScreenDraft) {
  return {
    name: draft.name.trim(), cameras: draft.cameras, ends_at: momentOf(draft.end), time_zone: draft.timeZone, is_on: draft.isOn,
    hours: draft.hours.map((row) => ({ days: row.days, start: clockOf(row.from_minute), end: clockOf(row.to_minute) })),
  };
}
