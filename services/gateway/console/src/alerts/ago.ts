/** How long ago, as people say it; the words are `alerts.ago.*`. Pure. */

export interface Ago {
  key: "now" | "seconds" | "minutes" | "hours" | "days";
  n: number;
}

export function agoOf(atMs: number, nowMs: number): Ago {
  const seconds = Math.floor((nowMs - atMs) / 1000);
  // A clock of this machine that is a little behind the server's.
  if (seconds < 2) return { key: "now", n: 0 };
  if (seconds < 60) return { key: "seconds", n: seconds };
  if (seconds < 3600) return { key: "minutes", n: Math.floor(seconds / 60) };
  if (seconds < 48 * 3600) return { key: "hours", n: Math.floor(seconds / 3600) };
  return { key: "days", n: Math.floor(seconds / 86_400) };
}

/** With the date, to the second. */
export function exactTime(ms: number, locale: string): string {
  return new Date(ms).toLocaleString(locale, { dateStyle: "medium", timeStyle: "medium" });
}
