/** A week of duty on the rota's own clock: days, and what of each span lies in them. */

export interface Span {
  start: string;
  end: string;
  people: string[];
}

export interface Day {
  fromMs: number;
  toMs: number;
}

export interface Piece {
  fromMs: number;
  toMs: number;
  people: string[];
  /** Of the day, 0 to 100. */
  left: number;
  width: number;
}

interface Local {
  year: number;
  month: number;
  day: number;
  weekday: number;
  minute: number;
}

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone, weekday: "short", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", hourCycle: "h23",
    });
    formats.set(zone, format);
  }
  return format;
}

/** Whether this browser knows that clock. */
export function isZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false; // RangeError: no such zone
  }
}

export function localOf(ms: number, zone: string): Local {
  const parts = Object.fromEntries(formatOf(zone).formatToParts(ms).map((part) => [part.type, part.value]));
  return {
    year: Number(parts["year"]), month: Number(parts["month"]), day: Number(parts["day"]),
    weekday: WEEKDAYS.indexOf(parts["weekday"] ?? "") + 1, minute: Number(parts["hour"]) * 60 + Number(parts["minute"]),
  };
}

/** What a clock there shows, as a clock without a zone would count it. */
const shownMs = ({ year, month, day, minute }: Local) => Date.UTC(year, month - 1, day) + minute * 60_000;

/** When a clock there shows that date and minute. */
export function momentThere(year: number, month: number, day: number, minute: number, zone: string): number {
  const wanted = Date.UTC(year, month - 1, day) + minute * 60_000;
  let found = wanted;
  // Twice: the first guess may lie on the other side of a change of the clocks.
  for (let turn = 0; turn < 2; turn += 1) found += wanted - shownMs(localOf(found, zone));
  return found;
}

/** Monday to Sunday around that moment, `weeks` later. Days are 23 to 25 hours long. */
export function weekOf(ms: number, zone: string, weeks = 0): Day[] {
  const { year, month, day, weekday } = localOf(ms, zone);
  const edges = Array.from({ length: 8 }, (_, at) => {
    const date = new Date(Date.UTC(year, month - 1, day + 1 - weekday + 7 * weeks + at));
    return momentThere(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), 0, zone);
  });
  return edges.slice(0, 7).map((fromMs, at) => ({ fromMs, toMs: edges[at + 1] ?? fromMs + DAY_MS }));
}

export function piecesOf(spans: readonly Span[], day: Day): Piece[] {
  const length = day.toMs - day.fromMs;
  return spans.flatMap((span) => {
    const fromMs = Math.max(day.fromMs, Date.parse(span.start));
    const toMs = Math.min(day.toMs, Date.parse(span.end));
    if (toMs <= fromMs) return [];
    return [{ fromMs, toMs, people: span.people, left: ((fromMs - day.fromMs) / length) * 100, width: ((toMs - fromMs) / length) * 100 }];
  });
}

/** "08:00"; the end of a day is 24:00. */
export function clockThere(ms: number, zone: string, day: Day): string {
  if (ms === day.toMs) return "24:00";
  const { minute } = localOf(ms, zone);
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

/** What a field for date and time shows on the clock of that zone. */
export function inputThere(ms: number, zone: string): string {
  return new Date(shownMs(localOf(ms, zone))).toISOString().slice(0, 16);
}

/** What such a field says; null: nothing. */
export function momentOfInput(input: string, zone: string): number | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})/.exec(input);
  if (found === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = found.slice(1).map(Number);
  return momentThere(year, month, day, hour * 60 + minute, zone);
}

export interface Now {
  people: string[];
  /** When others take over; null: as far as is known nobody does. */
  untilMs: number | null;
  next: string[];
}

/** Who is on duty at that moment, until when, and who comes then. Null: nothing is known of it. */
export function nowOf(spans: readonly Span[], ms: number): Now | null {
  const at = spans.findIndex((span) => Date.parse(span.start) <= ms && ms < Date.parse(span.end));
  const span = spans[at];
  if (span === undefined) return null;
  const after = spans[at + 1];
  return { people: span.people, untilMs: after === undefined ? null : Date.parse(span.end), next: after?.people ?? [] };
}
