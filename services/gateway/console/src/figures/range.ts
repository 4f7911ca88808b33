/** Which days are counted: in the address bar, and as it is asked of the gateway. Pure. */

export const SPANS = ["week", "days30", "term", "custom"] as const;
export type Span = (typeof SPANS)[number];

/** Days as the person's calendar has them: 2026-11-24. Both included. */
export interface Days {
  from: string;
  to: string;
}

export interface Range {
  start: string;
  end: string;
}

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const WEEKS_FROM_DAYS = 93;

/** This week from Monday, 30 days with today, the term: from September or from February. */
export function daysOf(span: Exclude<Span, "custom">, now: Date): Days {
  const [year, month, date] = [now.getFullYear(), now.getMonth(), now.getDate()];
  const to = dayText(now);
  if (span === "week") return { from: dayText(new Date(year, month, date - ((now.getDay() + 6) % 7))), to };
  if (span === "days30") return { from: dayText(new Date(year, month, date - 29)), to };
  if (month >= 8) return { from: `${year}-09-01`, to };
  return { from: month === 0 ? `${year - 1}-09-01` : `${year}-02-01`, to };
}

/** Out of an address; custom days that make no sense there are those of 30 days. */
export function chosenOf(query: Record<string, unknown>, now: Date, otherwise: Span = "days30"): { span: Span; days: Days } {
  const said = SPANS.find((one) => one === query["span"]) ?? otherwise;
  if (said !== "custom") return { span: said, days: daysOf(said, now) };
  const { from, to } = query;
  if (typeof from === "string" && typeof to === "string" && isDay(from) && isDay(to) && from <= to) return { span: said, days: { from, to } };
  return { span: said, days: daysOf("days30", now) };
}

/** A day begins and ends where the person is. */
export function rangeOf(days: Days): Range {
  return { start: midnight(days.from, 0).toISOString(), end: midnight(days.to, 1).toISOString() };
}

export function dayCount(days: Days): number {
  return Math.round((midnight(days.to, 1).getTime() - midnight(days.from, 0).getTime()) / 86_400_000);
}

/** A column a day, or a week where days would be too thin to see. */
export function stepOf(days: Days): "day" | "week" {
  return dayCount(days) >= WEEKS_FROM_DAYS ? "week" : "day";
}

/** The first day of every step, also of those in which nothing was. Weeks begin on Monday. */
export function stepsOf(days: Days): string[] {
  const step = stepOf(days);
  const first = midnight(days.from, 0);
  const back = step === "week" ? (first.getDay() + 6) % 7 : 0;
  const keys: string[] = [];
  for (let later = -back; ; later += step === "week" ? 7 : 1) {
    const key = dayText(midnight(days.from, later));
    if (key > days.to) return keys;
    keys.push(key);
  }
}

export function isDay(text: string): boolean {
  return DAY.test(text) && dayText(midnight(text, 0)) === text;
}

export function dayText(when: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
}

function midnight(day: string, later: number): Date {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later);
}
