/** What the page about storage asks of the gateway. */

import { call, send, type Camera, type Schemas } from "@/api/client";

export type Stored = Schemas["StoredStreamAnswer"];
export type Plan = Schemas["RecordingPlan"];
export type Site = Schemas["SiteAnswer"];
export type Trial = Schemas["RetentionTrialAnswer"];

const at = encodeURIComponent;
// = how long counting weeks of some cameras may take
const TRIAL_LIMIT_MS = 20_000;

export const storage = {
  all: async () => (await call<{ items: Stored[] }>("GET", "/storage")).items,
  trial: async (cameras: string[], days: number) => {
    const body = JSON.stringify({ cameras, retention_days: days });
    return (await send("POST", "/storage/retention-trial", body, "application/json", { limitMs: TRIAL_LIMIT_MS })).json() as Promise<Trial>;
  },
  /** As it is now, and which state of it that is. */
  camera: async (id: string): Promise<{ camera: Camera; revision: string }> => {
    const answer = await send("GET", `/cameras/${at(id)}`, null, "application/json");
    return { camera: (await answer.json()) as Camera, revision: answer.headers.get("ETag") ?? "*" };
  },
  put: async (id: string, recording: Plan, revision: string) => {
    await send("PATCH", `/cameras/${at(id)}`, JSON.stringify({ recording }), "application/json", { headers: { "If-Match": revision } });
  },
  limit: (site: string, gigabytes: number | null) => call<Site>("PATCH", `/sites/${at(site)}`, { recordings_gb: gigabytes }),
};
