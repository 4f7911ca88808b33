/** Everything that happened in a case, in one line of time: alerts, judgements, orders and their steps, notes. Pure. */

import type { Alert, Case, Order, Step } from "./api";

export type Entry =
  | { kind: "seen"; atMs: number; by: null; alert: Alert }
  | { kind: "reviewed"; atMs: number; by: string; alert: Alert; verdict: "confirmed" | "false" | "unclear"; text: string }
  | { kind: "opened" | "closed"; atMs: number; by: string }
  | { kind: "note"; atMs: number; by: string; text: string }
  | { kind: "step"; atMs: number; by: string; order: Order; step: Step };

/** At the same moment the cause comes before what follows from it. */
const RANK: Record<Entry["kind"], number> = { seen: 0, reviewed: 1, opened: 2, step: 3, note: 4, closed: 5 };

export function timelineOf(found: Case, alerts: readonly Alert[]): Entry[] {
  const entries: Entry[] = [{ kind: "opened", atMs: Date.parse(found.opened_at), by: found.opened_by }];
  for (const alert of alerts) {
    entries.push({ kind: "seen", atMs: Date.parse(alert.first_at), by: null, alert });
    const review = alert.review;
    if (review) {
      entries.push({ kind: "reviewed", atMs: Date.parse(review.at), by: review.by, alert, verdict: review.verdict, text: review.note });
    }
  }
  for (const order of found.orders) {
    for (const step of order.steps) entries.push({ kind: "step", atMs: Date.parse(step.at), by: step.by, order, step });
  }
  for (const note of found.notes) {
    // The reason of closing is told with the closing.
    if (!note.is_closing) entries.push({ kind: "note", atMs: Date.parse(note.at), by: note.by, text: note.text });
  }
  if (found.closed_at && found.closed_by) entries.push({ kind: "closed", atMs: Date.parse(found.closed_at), by: found.closed_by });
  return entries.sort((one, other) => one.atMs - other.atMs || RANK[one.kind] - RANK[other.kind] || stepOf(one) - stepOf(other));
}

function stepOf(entry: Entry): number {
  return entry.kind === "step" ? entry.step.number : 0;
}

/** When the school read what it has to do now: an order that was sent back is to be read again. */
export function readAt(order: Order): string | null {
  const actions = order.steps.map((step) => step.action);
  const turn = Math.max(actions.lastIndexOf("serve"), actions.lastIndexOf("reopen"));
  return order.steps.find((step, index) => index > turn && step.action === "read")?.at ?? null;
}

export function closingReason(found: Case): string {
  return found.notes.find((note) => note.is_closing)?.text ?? "";
}

export interface Range {
  camera: string;
  fromMs: number;
  toMs: number;
  stillMs: number;
}

const AROUND_MS = 30_000;

/** The recording around a moment that somebody saw; nothing of the future. */
export function rangeAround(camera: string, atMs: number, nowMs: number): Range {
  return { camera, fromMs: atMs - AROUND_MS, toMs: Math.min(atMs + AROUND_MS, nowMs), stillMs: Math.min(atMs, nowMs) };
}

/** What is worth sealing: the recording around the violation, and around what the machine saw after the answer. */
export function rangesToSeal(found: Case, alerts: readonly Alert[], nowMs: number): Range[] {
  const around = (camera: string, fromMs: number, toMs: number, stillMs: number): Range => ({
    camera, fromMs: fromMs - AROUND_MS, toMs: Math.min(toMs + AROUND_MS, nowMs), stillMs,
  });
  const ranges = alerts.flatMap((alert) => {
    const best = alert.best;
    if (!best) return [];
    const shownMs = Date.parse(best.at);
    return [around(best.camera, Math.min(Date.parse(alert.first_at), shownMs), Math.max(Date.parse(alert.raised_at), shownMs), shownMs)];
  });
  for (const order of found.orders) {
    const after = order.steps.filter((step) => step.check?.after).at(-1)?.check?.after;
    if (after) ranges.push(around(after.camera, after.at_us / 1000, after.at_us / 1000, after.at_us / 1000));
  }
  return ranges;
}
