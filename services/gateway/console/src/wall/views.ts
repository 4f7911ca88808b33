/** Which cameras the live page shows: of a school, and of one of the four kinds of view that a kitchen has. Pure. */

import type { Camera } from "@/api/client";

export const VIEWS: readonly Camera["purpose"][] = ["hygiene", "processing", "dishes", "storage"];

/** Out of an address; what makes no sense there counts as not said. */
export function viewOf(asked: unknown): Camera["purpose"] | "" {
  return VIEWS.find((one) => one === asked) ?? "";
}

/** Empty: of all. */
export function narrowed<T extends Pick<Camera, "site" | "purpose">>(cameras: T[], site: string, view: Camera["purpose"] | ""): T[] {
  return cameras.filter((one) => (site === "" || one.site === site) && (view === "" || one.purpose === view));
}
