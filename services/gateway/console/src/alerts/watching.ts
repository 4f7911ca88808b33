/** Whether an alert would be raised and told now: what is known of the services between a camera and this page. Pure. */

import type { Schemas } from "@/api/client";

type Status = Pick<Schemas["Status"], "bus"> & { services: Pick<Schemas["ServiceStatus"], "name" | "state" | "since" | "capabilities">[] };

/** Without one of these nothing is found, or nobody is told; in the order in which a picture passes them. */
const NEEDED = ["ingest", "detector", "alerting"] as const;

export interface Away {
  name: (typeof NEEDED)[number];
  /** Since when, as the gateway saw it; null: it does not know. */
  sinceMs: number | null;
}

export type Watching = { is: "watching" } | { is: "unknown" } | { is: "away"; away: Away[] };

export const UNKNOWN: Watching = { is: "unknown" };

/** A service that answers and can do nothing yet looks at nothing either. */
export function watchingOf(status: Status): Watching {
  // A gateway without the bus sees nobody: that says nothing about who is there.
  if (status.bus === "down") return UNKNOWN;
  const away = NEEDED.flatMap((name): Away[] => {
    const service = status.services.find((one) => one.name === name);
    if (service?.state === "up" && (service.capabilities ?? []).length > 0) return [];
    return [{ name, sinceMs: service?.since ? Date.parse(service.since) : null }];
  });
  return away.length > 0 ? { is: "away", away } : { is: "watching" };
}
