/** Alerts on a timeline: marks wide enough for a finger, those that would lie on each other as one. Pure. */

import type { Alert, Risk } from "@/alerts/inbox";
import type { View } from "./timeScale";

export interface Mark {
  /** When the first of them began: there one begins to look. */
  atMs: number;
  /** Of the gravest. */
  risk: Risk;
  alerts: Alert[];
}

/** Args: apartPx: nearer ones are one mark. Returns: first to last, those within the view. */
export function marksOf(alerts: readonly Alert[], view: View, widthPx: number, apartPx: number): Mark[] {
  const apartMs = ((view.toMs - view.fromMs) / Math.max(1, widthPx)) * apartPx;
  const marks: Mark[] = [];
  const byTime = [...alerts].sort((one, other) => Date.parse(one.first_at) - Date.parse(other.first_at));
  for (const alert of byTime) {
    const atMs = Date.parse(alert.first_at);
    if (atMs < view.fromMs || atMs >= view.toMs) continue;
    const last = marks.at(-1);
    if (last !== undefined && atMs - last.atMs < apartMs) {
      last.alerts.push(alert);
      if (alert.risk < last.risk) last.risk = alert.risk;
    } else marks.push({ atMs, risk: alert.risk, alerts: [alert] });
  }
  return marks;
}
