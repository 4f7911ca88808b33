/** An import as it happens: lines of the answer, one a row, put together as they come; and what may be done with a file. */

import type { Schemas } from "@/api/client";

export type ImportRow = Schemas["ImportRow"];
export type ImportCounts = Schemas["ImportCounts"];

export interface ImportLine {
  row?: ImportRow;
  done: number;
  of: number;
  counts?: ImportCounts;
  broken?: string;
}

export const FILE_BYTES_MAX = 4_000_000;

/** Whole lines of what has come so far, and the piece of one behind them. */
export function linesOf(text: string): { lines: ImportLine[]; rest: string } {
  const parts = text.split("\n");
  const rest = parts.pop() ?? "";
  return { lines: parts.filter((part) => part !== "").map((part) => JSON.parse(part) as ImportLine), rest };
}

/** Reads the answer to its end; `tell` hears every line. False where the answer broke off without its last line. */
export async function readLines(stream: ReadableStream<Uint8Array>, tell: (line: ImportLine) => void): Promise<boolean> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let isWhole = false;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return isWhole;
    const found = linesOf(rest + decoder.decode(value, { stream: true }));
    rest = found.rest;
    for (const line of found.lines) {
      if (line.counts !== undefined || line.broken !== undefined) isWhole = true;
      tell(line);
    }
  }
}

/** Whether there is anything to do: what is the same stays, and what is wrong is left out. */
export const isWorthwhile = (counts: ImportCounts): boolean => counts.new + counts.changed > 0;

/** What a row is about, in words. */
export function rowTitle(row: ImportRow): string {
  return [row.site_name ?? row.site, row.camera_name ?? row.camera].filter((part) => part != null && part !== "").join(" · ");
}

/** Worst first: what a person has to change comes before what will be done by itself. */
export function inOrder(rows: readonly ImportRow[]): ImportRow[] {
  const rank = { wrong: 0, changed: 1, new: 2, unchanged: 3 };
  return [...rows].sort((a, b) => rank[a.outcome] - rank[b.outcome] || a.row - b.row);
}
