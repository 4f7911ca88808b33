/** A rota as a form holds it, what is wrong with it, and what is sent. */

import type { Week } from "@/manage/hours";
import type { Rota, RotaBody } from "./api";
import { inputThere, isZone, momentOfInput } from "./week";

export interface ShiftDraft extends Week {
  people: string[];
}

export interface ExceptionDraft {
  /** As fields for date and time have them, on the rota's clock. */
  start: string;
  end: string;
  people: string[];
}

export interface RotaDraft {
  title: string;
  timeZone: string;
  shifts: ShiftDraft[];
  exceptions: ExceptionDraft[];
}

export const FRESH_SHIFT: ShiftDraft = { days: [1, 2, 3, 4, 5], from_minute: 480, to_minute: 1080, people: [] };
const USUAL_ZONE = "Asia/Shanghai";

export function rotaDraft(rota: Rota | null): RotaDraft {
  if (rota === null) return { title: "", timeZone: USUAL_ZONE, shifts: [structuredClone(FRESH_SHIFT)], exceptions: [] };
  return {
    title: rota.title, timeZone: rota.time_zone,
    shifts: rota.shifts.map(({ window, people }) => ({ days: [...window.days], from_minute: window.from_minute, to_minute: window.to_minute, people: [...people] })),
    exceptions: rota.exceptions.map((one) => ({ start: inputThere(Date.parse(one.start), rota.time_zone), end: inputThere(Date.parse(one.end), rota.time_zone), people: [...one.people] })),
  };
}

type Wrong = "needTitle" | "badZone" | "needDays" | "needPeople" | "sameTime" | "needTimes" | "endFirst";

/** Key of what is wrong, by the server's name of the field; for a row behind its number: `shifts.0`. */
export function wrongRota(draft: RotaDraft): Record<string, Wrong> {
  const wrong: Record<string, Wrong> = {};
  if (draft.title.trim() === "") wrong["title"] = "needTitle";
  if (!isZone(draft.timeZone)) wrong["time_zone"] = "badZone";
  draft.shifts.forEach((shift, at) => {
    if (shift.days.length === 0) wrong[`shifts.${at}`] = "needDays";
    else if (shift.from_minute === shift.to_minute) wrong[`shifts.${at}`] = "sameTime";
    else if (shift.people.length === 0) wrong[`shifts.${at}`] = "needPeople";
  });
  draft.exceptions.forEach((one, at) => {
    if (one.start === "" || one.end === "") wrong[`exceptions.${at}`] = "needTimes";
    else if (one.end <= one.start) wrong[`exceptions.${at}`] = "endFirst";
  });
  return wrong;
}

export function rotaBody(draft: RotaDraft): RotaBody {
  const moment = (input: string) => new Date(momentOfInput(input, draft.timeZone) ?? 0).toISOString();
  return {
    title: draft.title.trim(), time_zone: draft.timeZone,
    shifts: draft.shifts.map(({ days, from_minute, to_minute, people }) => ({ window: { days: [...days].sort(), from_minute, to_minute }, people: [...people] })),
    exceptions: draft.exceptions.map((one) => ({ start: moment(one.start), end: moment(one.end), people: [...one.people] })),
  };
}

/** Exceptions that are over do nothing any more; a rota that goes on for years would fill up with them. */
export function withoutPast(draft: RotaDraft, nowMs: number): ExceptionDraft[] {
  return draft.exceptions.filter((one) => (momentOfInput(one.end, draft.timeZone) ?? Infinity) > nowMs);
}
