/** How figures become columns, bars and words. Pure. */

import type { FigureRow } from "./api";

export const PARTS = ["confirmed", "false", "unclear", "unreviewed"] as const;
export type Part = (typeof PARTS)[number];
export const METRICS = ["alerts", "false_alarm_rate", "eye_median_s", "order_median_s", "correction_rate", "overdue"] as const;
export type Metric = (typeof METRICS)[number];

export interface Piece {
  part: Part;
  from: number;
  size: number;
}

/** A round number that nothing is larger than, for the end of an axis. */
export function roundTop(largest: number): number {
  if (largest <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(largest));
  const times = [1, 2, 5, 10].find((one) => one * unit >= largest) ?? 10;
  return times * unit;
}

/** Alerts of a row laid end to end, those with nothing in them left out. */
export function piecesOf(row: Pick<FigureRow, Part>): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const part of PARTS) {
    if (row[part] > 0) pieces.push({ part, from, size: row[part] });
    from += row[part];
  }
  return pieces;
}

/**
 * A row for every step, also where nothing was. Days are those of the kitchens' clock: somebody whose own clock is another
 * one may get a day more than they asked for, and it is shown.
 */
export function filled(rows: FigureRow[], steps: string[]): FigureRow[] {
  const known = new Map(rows.map((row) => [row.key, row]));
  return [...new Set([...steps, ...known.keys()])].sort().map((key) => known.get(key) ?? nothing(key));
}

/** The largest first; what cannot be divided comes last. */
export function ranked(rows: FigureRow[], metric: Metric): FigureRow[] {
  return [...rows].sort((a, b) => (b[metric] ?? -1) - (a[metric] ?? -1) || a.key.localeCompare(b.key));
}

export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return "—";
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`;
}

/** Seconds in the unit a person would say; the words are `figures.lasted.*`. */
export function lasted(seconds: number | null | undefined): { unit: "none" | "s" | "min" | "h" | "d"; n: string } {
  if (seconds === null || seconds === undefined) return { unit: "none", n: "" };
  if (seconds < 90) return { unit: "s", n: seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0) };
  if (seconds < 5400) return { unit: "min", n: (seconds / 60).toFixed(0) };
  if (seconds < 172_800) return { unit: "h", n: (seconds / 3600).toFixed(1) };
  return { unit: "d", n: (seconds / 86_400).toFixed(1) };
}

function nothing(key: string): FigureRow {
  return { key, alerts: 0, confirmed: 0, false: 0, unclear: 0, unreviewed: 0, unseen: 0, orders: 0, corrected: 0, overdue: 0, answered_late: 0 };
}
