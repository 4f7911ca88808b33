/** What the pages of alerts ask of the gateway. */

import { call, send, type Camera, type Schemas } from "@/api/client";
import type { Alert, Verdict } from "./inbox";

export type AlertPage = { items: Alert[]; next_cursor?: string | null };

export const alertApi = {
  page: (query: string) => call<AlertPage>("GET", `/alerts?${query}`),
  one: (id: string) => call<Alert>("GET", `/alerts/${encodeURIComponent(id)}`),
  review: (id: string, verdict: Verdict) => call<Alert>("POST", `/alerts/${encodeURIComponent(id)}/review`, { verdict }),
  take: (id: string) => call<Alert>("POST", `/alerts/${encodeURIComponent(id)}/acknowledgement`),
  rules: () => call<{ items: Schemas["RuleAnswer"][] }>("GET", "/rules"),
  camera: (id: string) => call<Camera>("GET", `/cameras/${encodeURIComponent(id)}`),
};

/** A picture as it was recorded. */
export interface Shown {
  url: string;
  capturedMs: number;
}

const MOST = 8;
const WIDTH = 1280;
const shelf = new Map<string, Promise<Shown>>();

/** The best picture of an alert; the newest few are kept, so that the next one is there at once. */
export function pictureOf(alert: Alert): Promise<Shown> {
  // An alert that goes on may find a better one: its time is part of the address.
  const key = `/alerts/${encodeURIComponent(alert.id)}/picture.jpg?width=${WIDTH}&of=${alert.best?.at ?? ""}`;
  const known = shelf.get(key);
  shelf.delete(key);
  const picture = known ?? fetchPicture(key);
  shelf.set(key, picture);
  // What failed is asked for anew the next time.
  picture.catch(() => shelf.get(key) === picture && shelf.delete(key));
  for (const [old, gone] of shelf) {
    if (shelf.size <= MOST) break;
    shelf.delete(old);
    gone.then((shown) => URL.revokeObjectURL(shown.url)).catch(() => undefined);
  }
  return picture;
}

async function fetchPicture(path: string): Promise<Shown> {
  const answer = await send("GET", path, null, "");
  const capturedMs = Number(answer.headers.get("X-Captured-Us")) / 1000;
  return { url: URL.createObjectURL(await answer.blob()), capturedMs };
}
