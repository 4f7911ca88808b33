/** What the list of alerts is narrowed to: in the address bar, and as it is asked of the gateway. Pure. */

export const STATES = ["open", "confirmed", "uncased", "false", "unclear", "silent"] as const;
export type State = (typeof STATES)[number];

export interface Filters {
  site: string;
  rule: string;
  state: State | "";
  risk: "" | "1" | "2" | "3";
  /** Days as the person's calendar has them: 2026-11-24. Both included. */
  from: string;
  to: string;
  cursor: string;
}

/** Confirmed, and nothing came of it yet. */
export const UNCASED = { verdict: "confirmed", in_case: "false" };

type Query = Record<string, unknown>;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Out of an address; what makes no sense there counts as not said. */
export function filtersOf(query: Query): Filters {
  const text = (name: string) => (typeof query[name] === "string" ? query[name] : "");
  const one = <T extends string>(name: string, known: readonly T[]) => known.find((each) => each === text(name)) ?? "";
  return {
    site: text("site"),
    rule: text("rule"),
    state: one("state", STATES),
    risk: one("risk", ["1", "2", "3"] as const),
    from: DAY.test(text("from")) ? text("from") : "",
    to: DAY.test(text("to")) ? text("to") : "",
    cursor: text("cursor"),
  };
}

/** Into an address, without what is not said. */
export function queryOf(filters: Partial<Filters>): Record<string, string> {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ""));
}

/** The gateway's query. A day begins and ends where the person is. */
export function askOf(filters: Filters, limit: number): string {
  const ask = new URLSearchParams({ limit: String(limit) });
  if (filters.site) ask.set("site", filters.site);
  if (filters.rule) ask.set("rule", filters.rule);
  if (filters.risk) ask.set("risk", filters.risk);
  if (filters.state === "silent") ask.set("silent", "true");
  else if (filters.state === "uncased") for (const [name, value] of Object.entries(UNCASED)) ask.set(name, value);
  else if (filters.state) ask.set("verdict", filters.state === "open" ? "none" : filters.state);
  if (filters.from) ask.set("start", midnight(filters.from, 0));
  if (filters.to) ask.set("end", midnight(filters.to, 1));
  if (filters.cursor) ask.set("cursor", filters.cursor);
  return ask.toString();
}

function midnight(day: string, later: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}
