/** Times as people read them: the hour today, the date before. */

export function clockTime(ms: number, locale: string): string {
  const when = new Date(ms);
  const isToday = new Date().toDateString() === when.toDateString();
  return when.toLocaleString(locale, isToday ? { timeStyle: "medium" } : { dateStyle: "short", timeStyle: "short" });
}
