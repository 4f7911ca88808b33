/** Times of the week as forms and lists show them. */

export interface Week {
  days: number[];
  from_minute: number;
  to_minute: number;
}

export function clockOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

/** Minutes after midnight; null where it is no time of day. */
export function minuteOf(clock: string): number | null {
  const found = /^([01]?\d|2[0-3]):([0-5]\d)/.exec(clock);
  return found === null ? null : Number(found[1]) * 60 + Number(found[2]);
}

type Translate = (key: string, more?: Record<string, unknown>) => string;

export function dayWords(days: readonly number[], t: Translate): string {
  const sorted = [...days].sort().join("");
  if (sorted === "1234567") return t("manage.daily");
  if (sorted === "12345") return t("manage.weekdays");
  if (sorted === "67") return t("manage.weekend");
  return t("manage.week", { days: [...days].sort().map((day) => t(`manage.day.${day}`)).join(" ") });
}

/** One that ends before it begins ends on the next day. */
export function hoursWords(week: Week, t: Translate): string {
  const isNextDay = week.to_minute <= week.from_minute;
  return `${dayWords(week.days, t)} ${clockOf(week.from_minute)}–${isNextDay ? t("manage.nextDay") + " " : ""}${clockOf(week.to_minute)}`;
}

/** What a field for date and time shows, on this machine's clock. */
export function localInput(ms: number): string {
  const shift = new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(ms - shift).toISOString().slice(0, 16);
}

/** What such a field says, for the server; null: nothing. */
export function momentOf(input: string): string | null {
  const ms = Date.parse(input);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
