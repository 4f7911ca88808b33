/** What recordings come to when they are full, at the rate at which they grew so far: an estimate, and called one. */

import type { CameraRow, SiteRow } from "./shape";

/** = from when on a camera's days say how much a day is */
const LEAST_DAYS = 0.5;

export interface Growth {
  nowBytes: number;
  thenBytes: number;
  over: { id: string; name: string; thenBytes: number; limitBytes: number }[];
}

/** Bytes when full; null: too little is there to tell. */
function fullBytes(row: CameraRow, days: number): number | null {
  if (row.oldestMs === null || row.newestMs === null) return row.plan?.mode === "off" ? 0 : null;
  const held = (row.newestMs - row.oldestMs) / 86_400_000;
  return held < LEAST_DAYS ? null : (row.bytes / held) * days;
}

/** null: of one of them, or of the schools they are in, too little is known. */
export function growthOf(sites: readonly SiteRow[], changed: ReadonlySet<string>, days: number): Growth | null {
  const rows = sites.flatMap((site) => site.cameras).filter((row) => changed.has(row.id));
  const full = rows.map((row) => fullBytes(row, days));
  if (rows.length === 0 || full.some((one) => one === null)) return null;
  const sum = (numbers: (number | null)[]) => numbers.reduce<number>((all, one) => all + (one ?? 0), 0);
  const over = sites.flatMap((site) => {
    if (site.limitBytes === null || !site.cameras.some((row) => changed.has(row.id))) return [];
    const each = site.cameras.map((row) => (changed.has(row.id) ? fullBytes(row, days) : (fullBytes(row, row.wantedDays) ?? row.bytes)));
    return sum(each) > site.limitBytes ? [{ id: site.id, name: site.name, thenBytes: sum(each), limitBytes: site.limitBytes }] : [];
  });
  return { nowBytes: sum(rows.map((row) => row.bytes)), thenBytes: sum(full), over };
}
