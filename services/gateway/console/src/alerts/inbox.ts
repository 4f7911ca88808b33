/** Which alerts wait for a person, in which order, and which one is next. Pure. */

import type { Schemas } from "@/api/client";

export type Alert = Schemas["AlertAnswer"];
export type Risk = Alert["risk"];
export type Verdict = Schemas["ReviewAnswer"]["verdict"];

/** The newest of one rule at one camera, and the older ones behind it. */
export interface Row {
  alert: Alert;
  older: Alert[];
}

/** Highest risk first, then newest. */
export function byUrgency(one: Alert, other: Alert): number {
  return one.risk - other.risk || Date.parse(other.first_at) - Date.parse(one.first_at) || (one.id < other.id ? -1 : 1);
}

/** Folded by class, camera and rule. */
export function rowsOf(alerts: Iterable<Alert>): Row[] {
  const rows = new Map<string, Row>();
  for (const alert of [...alerts].sort(byUrgency)) {
    const key = `${alert.risk} ${alert.site} ${alert.camera} ${alert.rule}`;
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { alert, older: [] });
    else row.older.push(alert);
  }
  return [...rows.values()];
}

export function rowOf(rows: Row[], id: string): Row | null {
  return rows.find((row) => row.alert.id === id || row.older.some((one) => one.id === id)) ?? null;
}

/** What is there when `id`, and `others` with it, was judged: the one below it, unless something graver waits above;
 * null: all quiet. */
export function following(rows: Row[], id: string, others: readonly string[] = []): string | null {
  const order = rows.flatMap((row) => [row.alert, ...row.older]).filter((one) => one.id === id || !others.includes(one.id));
  const place = order.findIndex((one) => one.id === id);
  const below = order[place + 1] ?? order[place - 1];
  const gravest = order.find((one) => one.id !== id);
  if (below === undefined || gravest === undefined) return null;
  return (gravest.risk < below.risk ? gravest : below).id;
}

/** The row above (-1) or below (1); at the ends it stays. */
export function neighbour(rows: Row[], id: string, step: 1 | -1): string | null {
  const place = rows.findIndex((row) => row.alert.id === id || row.older.some((one) => one.id === id));
  const to = place < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, place + step));
  return rows[to]?.alert.id ?? null;
}

/**
 * The alerts that wait. A list that is read takes a while: what changed meanwhile is newer than the list.
 */
export class Inbox {
  private readonly open = new Map<string, Alert>();
  private readonly touched = new Set<string>();

  get alerts(): Alert[] {
    return [...this.open.values()];
  }

  get(id: string): Alert | null {
    return this.open.get(id) ?? null;
  }

  /** A list is about to be asked for. */
  beginReading(): void {
    this.touched.clear();
  }

  read(list: Alert[]): void {
    const kept = [...this.open.values()].filter((alert) => this.touched.has(alert.id));
    this.open.clear();
    for (const alert of list) if (!this.touched.has(alert.id)) this.open.set(alert.id, alert);
    for (const alert of kept) this.open.set(alert.id, alert);
  }

  put(alert: Alert): void {
    this.touched.add(alert.id);
    if (alert.review == null && !alert.is_silent) this.open.set(alert.id, alert);
    else this.open.delete(alert.id);
  }

  /** Some of it changed; what does not wait stays away. */
  change(id: string, change: Partial<Alert>): void {
    const alert = this.open.get(id);
    if (alert !== undefined) this.put({ ...alert, ...change });
  }

  drop(id: string): void {
    this.touched.add(id);
    this.open.delete(id);
  }
}
