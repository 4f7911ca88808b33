/** Alerts by their numbers: some at a time, each as it comes, and one that cannot be read hides nothing else. */

import { Offline, Problem } from "@/api/client";
import { inParallel } from "@/inParallel";
import type { Alert } from "./api";

const AT_ONCE = 6;

/** Args: ask: for one; told: of each that came. Returns the refusals. A fault of ours is thrown on. */
export async function alertsOf(ids: readonly string[], ask: (id: string) => Promise<Alert>, told: (alert: Alert) => void): Promise<(Offline | Problem)[]> {
  const results = await inParallel([...new Set(ids)], AT_ONCE, async (id) => told(await ask(id)));
  const reasons = results.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  const refusals = reasons.filter((one): one is Offline | Problem => one instanceof Offline || one instanceof Problem);
  const ours = reasons.find((one) => !(one instanceof Offline) && !(one instanceof Problem));
  if (ours !== undefined) throw ours;
  return refusals;
}
