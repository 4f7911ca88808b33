/** What the playback page asks of the gateway. */

import { call, send, type Schemas } from "@/api/client";
import { keepFile } from "@/figures/api";
import type { PageOf } from "@/growingList";

export type Timeline = Schemas["TimelineAnswer"];
export type Clip = Schemas["ClipAnswer"];
export type Case = Schemas["EvidenceAnswer"];

const iso = (ms: number): string => new Date(ms).toISOString();

export const recorded = {
  timeline: (camera: string, fromMs: number, toMs: number) =>
    call<Timeline>("GET", `/cameras/${camera}/timeline?${new URLSearchParams({ start: iso(fromMs), end: iso(toMs) })}`),
  /** Those that somebody asked for: alerts have theirs. */
  clips: (askedBy: string) => call<{ items: Clip[] }>("GET", `/clips?${new URLSearchParams({ limit: "20", asked_by: askedBy })}`),
  makeClip: (camera: string, fromMs: number, toMs: number) =>
    call<Clip>("POST", "/clips", { camera, start: iso(fromMs), end: iso(toMs), is_exact: true }),
  removeClip: (id: string) => call<void>("DELETE", `/clips/${id}`),
  /** Newest first; `reasons`: whose reason begins with one of these, if any. */
  cases: (reasons: readonly string[], limit: number, cursor?: string) => {
    const query = new URLSearchParams({ limit: String(limit), ...(cursor === undefined ? {} : { cursor }) });
    for (const one of reasons) query.append("reason", one);
    return call<PageOf<Case>>("GET", `/evidence?${query}`);
  },
  case: (id: string) => call<Case>("GET", `/evidence/${encodeURIComponent(id)}`),
  caseFile: (id: string) => `/api/v1/evidence/${encodeURIComponent(id)}/file.zip`,
  seal: (cameras: string[], fromMs: number, toMs: number, reason: string, days: number, stillMs: number) =>
    call<Case>("POST", "/evidence", {
      cameras,
      start: iso(fromMs),
      end: iso(toMs),
      reason,
      locked_until: iso(Date.now() + days * 86_400_000),
      stills: [iso(stillMs)],
    }),
  thumbnails: (camera: string, hourMs: number) =>
    `/api/v1/cameras/${camera}/thumbnails.jpg?${new URLSearchParams({ hour: iso(hourMs) })}`,
};

/** The picture that was shown then, as a file to save. Throws Offline and Problem. */
export async function saveStill(camera: string, atMs: number): Promise<void> {
  const answer = await send("POST", "/snapshots", JSON.stringify({ camera, at: iso(atMs) }), "application/json");
  const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "snapshot.jpg";
  keepFile(await answer.blob(), name);
}
