/** Rules that can break only while a kitchen is closed: somebody must have said when that is. */

import type { Rule } from "./api";

// = schools that are named on the page
export const NIGHTLESS_NAMED = 5;

export function needsNights(rule: Pick<Rule, "is_enabled" | "watched" | "when">): boolean {
  const isOfNight = rule.watched.kind === "small_mover" || (rule.when.length > 0 && rule.when.every((one) => one === "closed"));
  return rule.is_enabled && isOfNight;
}
