/** What is sealed of a case, by how its reason begins: what people sealed, and what the machine's looks rest on. Pure. */

import type { Case } from "./api";

/** = the server's limit */
const REASONS_MAX = 100;

/** What a person seals of a case begins with its number; what alerting seals, with an order's (check_evidence.py). */
export function reasonsOf(found: Case): string[] {
  const newestFirst = [...found.orders].reverse().map((order) => `order ${order.id}:`);
  return [`${found.id} `, ...newestFirst].slice(0, REASONS_MAX);
}

/** Which picture of a machine's look a file holds; null: a person sealed it. */
export function sideOf(reason: string): "before" | "after" | null {
  const side = /^order \S+: the picture (before|after) the correction/.exec(reason)?.[1];
  return side === "before" || side === "after" ? side : null;
}
