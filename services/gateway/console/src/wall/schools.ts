/** How each school is: what the wall says of it, and how many fit. Pure. */

import type { Risk } from "@/alerts/inbox";

/** alert: one waits for a person · away: some cameras send nothing · dark: none sends · none: has no cameras · online: all send */
export type SchoolState = "alert" | "away" | "dark" | "none" | "online";

export interface School {
  id: string;
  name: string;
  state: SchoolState;
  online: number;
  all: number;
  alerts: number;
  /** The gravest that waits. */
  risk: Risk | null;
}

export interface Seen {
  sites: { id: string; name: string }[];
  cameras: { site: string; is_enabled: boolean; state: { condition: string } }[];
  alerts: { site: string; risk: Risk }[];
}

const URGENCY: SchoolState[] = ["alert", "dark", "away", "none", "online"];
const MOST_COLUMNS = 5;
const MOST_ROWS = 7;

export function schoolsOf(seen: Seen): School[] {
  return seen.sites.map(({ id, name }) => {
    const cameras = seen.cameras.filter((camera) => camera.site === id && camera.is_enabled);
    const alerts = seen.alerts.filter((alert) => alert.site === id);
    const online = cameras.filter((camera) => camera.state.condition === "online").length;
    const risk = alerts.length === 0 ? null : (Math.min(...alerts.map((alert) => alert.risk)) as Risk);
    return { id, name, online, all: cameras.length, alerts: alerts.length, risk, state: stateOf(online, cameras.length, alerts.length) };
  });
}

function stateOf(online: number, all: number, alerts: number): SchoolState {
  if (alerts > 0) return "alert";
  if (all === 0) return "none";
  if (online === 0) return "dark";
  return online < all ? "away" : "online";
}

export interface Grid {
  columns: number;
  rows: number;
  shown: School[];
  /** Not shown: how many, and how they are. */
  rest: { state: SchoolState; n: number }[];
}

/** All of them, each always at the same place; where they do not fit, those that somebody must look at come first. */
export function gridOf(schools: School[]): Grid {
  const most = MOST_COLUMNS * MOST_ROWS;
  const columns = Math.min(MOST_COLUMNS, Math.max(2, Math.ceil(Math.sqrt(schools.length * 0.9))));
  const rows = Math.max(1, Math.min(MOST_ROWS, Math.ceil(schools.length / columns)));
  if (schools.length <= most) return { columns, rows, shown: schools, rest: [] };
  const urgency = (school: School) => URGENCY.indexOf(school.state) * 10 + (school.risk ?? 0);
  const sorted = [...schools].sort((one, other) => urgency(one) - urgency(other));
  const left = sorted.slice(most);
  const rest = URGENCY.map((state) => ({ state, n: left.filter((school) => school.state === state).length }));
  return { columns, rows, shown: sorted.slice(0, most), rest: rest.filter(({ n }) => n > 0) };
}
