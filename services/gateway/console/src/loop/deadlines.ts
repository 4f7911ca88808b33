/** How long there still is, or how late it is, in the parts that people say. Pure. */

export interface Left {
  isLate: boolean;
  /** Which words; `a` and `b` go into them. */
  unit: "days" | "hours" | "minutes" | "moment";
  a: number;
  b: number;
}

const MINUTE = 60_000;

export function leftUntil(dueMs: number, nowMs: number): Left {
  const isLate = nowMs >= dueMs;
  const minutes = Math.floor(Math.abs(dueMs - nowMs) / MINUTE);
  if (minutes >= 24 * 60) return { isLate, unit: "days", a: Math.floor(minutes / 1440), b: Math.floor((minutes % 1440) / 60) };
  if (minutes >= 60) return { isLate, unit: "hours", a: Math.floor(minutes / 60), b: minutes % 60 };
  return { isLate, unit: minutes >= 1 ? "minutes" : "moment", a: minutes, b: 0 };
}

type Say = (key: string, named: Record<string, unknown>) => string;

export function leftWords(dueMs: number, nowMs: number, t: Say): string {
  const { isLate, unit, a, b } = leftUntil(dueMs, nowMs);
  return t(`loop.due.${isLate ? "late" : "left"}.${unit}`, { a, b });
}

/** The moment itself, with its weekday: deadlines are kept by the calendar on the wall. */
export function momentWords(ms: number, locale: string): string {
  return new Date(ms).toLocaleString(locale, {
    year: "numeric", month: "2-digit", day: "2-digit", weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false,
  });
}

/** What `<input type=datetime-local>` takes, on this device's clock. */
export function localInput(ms: number): string {
  const at = new Date(ms - new Date(ms).getTimezoneOffset() * MINUTE);
  return at.toISOString().slice(0, 16);
}
