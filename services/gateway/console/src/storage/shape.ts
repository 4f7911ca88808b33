/** Schools and cameras with what is kept of each: sums, states, order. Pure. */

import type { Camera } from "@/api/client";
import type { Plan, Site, Stored } from "./api";

export const DAY_MS = 86_400_000;
const GB = 1e9;
// = what a camera may have less than its days and still count as full: a segment, a round of deletion
const SLACK_DAYS = 0.5;
// = how long nothing new of a camera that records always is no news
const STALE_MS = 3_600_000;

/** In the order of how much somebody must look at it. */
export const STATES = ["cut", "none", "stale", "filling", "longer", "full", "off", "gone"] as const;
export type State = (typeof STATES)[number];
export const TROUBLED: readonly State[] = ["cut", "none", "stale"];

export interface CameraRow {
  id: string;
  name: string;
  site: string;
  /** null: no longer registered; what was recorded stays for its days. */
  plan: Plan | null;
  wantedDays: number;
  oldestMs: number | null;
  newestMs: number | null;
  /** How far back what is kept reaches, from now on. */
  reachDays: number;
  bytes: number;
  gaps: number | null;
  gapS: number;
  holds: number;
  cutMs: number | null;
  state: State;
}

export interface SiteRow {
  id: string;
  name: string;
  cameras: CameraRow[];
  bytes: number;
  limitBytes: number | null;
  gaps: number;
  leastDays: number;
  isOver: boolean;
  isRegistered: boolean;
}

const ms = (moment: string | null | undefined) => (moment == null ? null : Date.parse(moment));
const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0);

export function siteRows(stored: readonly Stored[], cameras: readonly Camera[], sites: readonly Site[], nowMs: number): SiteRow[] {
  const of = new Map<string, Stored[]>();
  for (const one of stored) of.set(one.camera, [...(of.get(one.camera) ?? []), one]);
  const rows = cameras.map((camera) => cameraRow(camera.id, camera.site, of.get(camera.id) ?? [], camera, nowMs));
  const known = new Set(cameras.map((camera) => camera.id));
  for (const [id, streams] of of) {
    const first = streams[0];
    if (!known.has(id) && first !== undefined && sum(streams.map((one) => one.segments)) > 0) rows.push(cameraRow(id, first.site, streams, null, nowMs));
  }
  const names = new Map(sites.map((site) => [site.id, site]));
  return [...new Set([...sites.map((site) => site.id), ...rows.map((row) => row.site)])]
    .map((id) => siteRow(id, names.get(id) ?? null, rows.filter((row) => row.site === id)))
    .filter((site) => site.cameras.length > 0);
}

function cameraRow(id: string, site: string, streams: readonly Stored[], camera: Camera | null, nowMs: number): CameraRow {
  const kept = streams.filter((one) => one.segments > 0);
  const oldest = kept.map((one) => ms(one.oldest)).filter((one) => one !== null);
  const newest = kept.map((one) => ms(one.newest)).filter((one) => one !== null);
  const cut = streams.map((one) => ms(one.cut_at)).filter((one) => one !== null);
  const counted = streams.map((one) => one.gaps).filter((one) => one != null);
  const oldestMs = oldest.length > 0 ? Math.min(...oldest) : null;
  const row: CameraRow = {
    id, site, name: camera?.name ?? id, plan: camera?.recording ?? null,
    wantedDays: camera?.recording.retention_days ?? streams[0]?.retention_days ?? 0,
    oldestMs, newestMs: newest.length > 0 ? Math.max(...newest) : null,
    reachDays: oldestMs === null ? 0 : Math.max(0, (nowMs - oldestMs) / DAY_MS),
    bytes: sum(streams.map((one) => one.size_bytes)),
    gaps: counted.length > 0 ? sum(counted) : null, gapS: sum(streams.map((one) => one.gap_s ?? 0)),
    holds: Math.max(0, ...streams.map((one) => one.holds ?? 0)), cutMs: cut.length > 0 ? Math.max(...cut) : null, state: "full",
  };
  return { ...row, state: stateOf(row, camera, nowMs) };
}

function stateOf(row: CameraRow, camera: Camera | null, nowMs: number): State {
  if (camera === null) return "gone";
  if (row.cutMs !== null && row.reachDays < row.wantedDays - SLACK_DAYS) return "cut";
  const isMeant = camera.recording.mode !== "off" && camera.is_enabled;
  if (!isMeant && row.newestMs === null) return "off";
  if (row.newestMs === null) return "none";
  if (isMeant && camera.recording.mode === "continuous" && nowMs - row.newestMs > STALE_MS) return "stale";
  if (row.reachDays > row.wantedDays + 1) return "longer";
  if (!isMeant) return "off";
  return row.reachDays < row.wantedDays - SLACK_DAYS ? "filling" : "full";
}

function siteRow(id: string, site: Site | null, cameras: CameraRow[]): SiteRow {
  const limitBytes = site?.recordings_gb == null ? null : site.recordings_gb * GB;
  const bytes = sum(cameras.map((row) => row.bytes));
  return {
    id, name: site?.name ?? id, cameras, bytes, limitBytes, gaps: sum(cameras.map((row) => row.gaps ?? 0)),
    leastDays: Math.min(...cameras.map((row) => row.reachDays)), isOver: limitBytes !== null && bytes > limitBytes, isRegistered: site !== null,
  };
}

export const ORDERS = ["name", "trouble", "days", "bytes", "gaps"] as const;
export type Order = (typeof ORDERS)[number];
const rank = (state: State) => STATES.indexOf(state);
const BY: Record<Order, (a: CameraRow, b: CameraRow) => number> = {
  name: () => 0, trouble: (a, b) => rank(a.state) - rank(b.state), days: (a, b) => a.reachDays - b.reachDays, bytes: (a, b) => b.bytes - a.bytes, gaps: (a, b) => (b.gaps ?? 0) - (a.gaps ?? 0),
};

/** Schools, and the cameras of each, in one order; equal ones by name. */
export function inOrder(sites: readonly SiteRow[], order: Order, locale: string): SiteRow[] {
  const named = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name, locale, { numeric: true });
  const sorted = sites.map((site) => ({ ...site, cameras: [...site.cameras].sort((a, b) => BY[order](a, b) || named(a, b)) }));
  const worst = (site: SiteRow) => Math.min(...site.cameras.map((row) => rank(row.state)));
  const of: Record<Order, (a: SiteRow, b: SiteRow) => number> = {
    name: () => 0, trouble: (a, b) => Number(b.isOver) - Number(a.isOver) || worst(a) - worst(b), days: (a, b) => a.leastDays - b.leastDays, bytes: (a, b) => b.bytes - a.bytes, gaps: (a, b) => b.gaps - a.gaps,
  };
  return sorted.sort((a, b) => of[order](a, b) || named(a, b));
}

export interface Wanted {
  text: string;
  /** "": all; "trouble": what somebody must look at; "over": schools over their limit. */
  state: State | "" | "trouble" | "over";
}

/** Schools with those of their cameras that are looked for; the name of a school finds all of its cameras. */
export function matching(sites: readonly SiteRow[], wanted: Wanted): SiteRow[] {
  const text = wanted.text.trim().toLowerCase();
  const has = (...words: string[]) => text === "" || words.some((word) => word.toLowerCase().includes(text));
  return sites.filter((site) => wanted.state !== "over" || site.isOver).flatMap((site) => {
    const cameras = site.cameras.filter((row) => has(site.name, site.id, row.name, row.id) && isOf(row, site, wanted.state));
    return cameras.length > 0 ? [{ ...site, cameras }] : [];
  });
}

function isOf(row: CameraRow, site: SiteRow, state: Wanted["state"]): boolean {
  if (state === "" || state === "over") return true;
  return state === "trouble" ? TROUBLED.includes(row.state) || site.isOver : row.state === state;
}

export interface Totals {
  bytes: number;
  cameras: number;
  full: number;
  troubled: number;
  over: number;
  gapS: number;
}

/** Of registered cameras, but for the bytes: what a removed camera left takes room too. */
export function totalsOf(sites: readonly SiteRow[]): Totals {
  const rows = sites.flatMap((site) => site.cameras);
  const there = rows.filter((row) => row.state !== "gone" && row.state !== "off");
  return {
    bytes: sum(rows.map((row) => row.bytes)), cameras: there.length, full: there.filter((row) => row.state === "full" || row.state === "longer").length,
    troubled: there.filter((row) => TROUBLED.includes(row.state)).length, over: sites.filter((site) => site.isOver).length, gapS: sum(rows.map((row) => row.gapS)),
  };
}

/** The days that the picture reaches back: all fits, and the marks are round. */
export function spanOf(sites: readonly SiteRow[]): { days: number; marks: number[] } {
  const most = Math.max(7, ...sites.flatMap((site) => site.cameras.flatMap((row) => [row.wantedDays, Math.min(row.reachDays, 3 * Math.max(row.wantedDays, 7))])));
  const step = [1, 2, 7, 14, 30, 60, 90, 180, 365].find((one) => most / one <= 6) ?? 730;
  const days = Math.ceil(most / step) * step;
  return { days, marks: Array.from({ length: days / step + 1 }, (_, at) => at * step) };
}

/** Shares of the picture, from the left (long ago) to the right (now): what is kept, and from where on it should be. */
export function barOf(row: CameraRow, spanDays: number, nowMs: number): { from: number; to: number; wanted: number; isBeyond: boolean } {
  const share = (days: number) => Math.min(1, Math.max(0, 1 - days / spanDays));
  const age = (at: number | null) => (at === null ? 0 : (nowMs - at) / DAY_MS);
  const isThere = row.oldestMs !== null && row.newestMs !== null;
  return { from: isThere ? share(age(row.oldestMs)) : 1, to: isThere ? share(age(row.newestMs)) : 1, wanted: share(row.wantedDays), isBeyond: isThere && row.reachDays > spanDays };
}

/** Decimal units, as disks are sold and as `recordings_gb` counts. */
export function bytesWords(bytes: number, locale: string): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let at = 0;
  let value = bytes;
  while (value >= 1000 && at < units.length - 1) [value, at] = [value / 1000, at + 1];
  const digits = value >= 100 || at === 0 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString(locale, { maximumFractionDigits: digits })} ${units[at]}`;
}

export function daysText(days: number, locale: string): string {
  return days.toLocaleString(locale, { maximumFractionDigits: days < 10 ? 1 : 0 });
}
