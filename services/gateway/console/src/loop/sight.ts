/** What somebody sees and opens a case for: a school, a camera and a moment, out of an address. Pure. */

import type { LocationQuery } from "vue-router";

export interface Sight {
  site: string;
  camera: string;
  /** null: of no moment */
  atMs: number | null;
}

/** `/cases?new&site=…&camera=…&at=…`, the moment in ms or as ISO 8601; null where neither school nor camera is named. */
export function sightOf(query: LocationQuery): Sight | null {
  const [site, camera, at] = [query["site"], query["camera"], query["at"]].map((one) => (typeof one === "string" ? one : ""));
  if (!site && !camera) return null;
  const ms = at ? (/^\d+$/.test(at) ? Number(at) : Date.parse(at)) : NaN;
  return { site: site ?? "", camera: camera ?? "", atMs: camera && Number.isFinite(ms) ? ms : null };
}
