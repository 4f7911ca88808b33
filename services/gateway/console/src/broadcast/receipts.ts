/** What the receipts of a broadcast come to. Pure. */

import type { Broadcast, Receipt } from "./api";

/** As people read it: five ways a camera can be, whatever the intercom calls them. */
export type Mark = "waiting" | "ready" | "sounding" | "heard" | "failed";

const MARKS: Record<Receipt["state"], Mark> = {
  waiting: "waiting", accepted: "ready", playing: "sounding", heard: "heard", played: "heard", failed: "failed", skipped: "failed",
};
export const ALL_MARKS: Mark[] = ["heard", "sounding", "ready", "waiting", "failed"];

export function markOf(receipt: Receipt): Mark {
  return MARKS[receipt.state];
}

export function counted(receipts: Receipt[]): Record<Mark, number> {
  const counts: Record<Mark, number> = { waiting: 0, ready: 0, sounding: 0, heard: 0, failed: 0 };
  for (const receipt of receipts) counts[markOf(receipt)]++;
  return counts;
}

/** Of a broadcast without its receipts: its cameras by mark, those that there are. */
export function marksOf(counts: Broadcast["counts"]): [Mark, number][] {
  const sums: Record<Mark, number> = { waiting: 0, ready: 0, sounding: 0, heard: 0, failed: 0 };
  for (const [state, count] of Object.entries(counts)) sums[MARKS[state as Receipt["state"]]] += count ?? 0;
  return ALL_MARKS.flatMap((mark) => (sums[mark] > 0 ? [[mark, sums[mark]] as [Mark, number]] : []));
}

/** Cameras worth another attempt: not those that are no longer there, and not those told too often. */
export function worthRetrying(receipts: Receipt[]): string[] {
  const hopeless = new Set(["camera_disabled", "no_such_camera", "no_backchannel", "codec", "too_often"]);
  return receipts.filter((one) => markOf(one) === "failed" && !hopeless.has(one.reason ?? "")).map((one) => one.camera);
}

/** By school, in the order of `sites`; failed ones first, for they want something to be done. */
export function bySite(receipts: Receipt[], sites: string[]): { site: string; receipts: Receipt[] }[] {
  const order = (one: Receipt) => (markOf(one) === "failed" ? 0 : 1);
  return [...new Set([...sites, ...receipts.map((one) => one.site)])]
    .map((site) => ({ site, receipts: receipts.filter((one) => one.site === site).sort((a, b) => order(a) - order(b) || a.camera.localeCompare(b.camera)) }))
    .filter((row) => row.receipts.length > 0);
}
