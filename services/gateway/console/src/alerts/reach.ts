/** How much of what is switched on can be seen: pure. */

import type { Schemas } from "@/api/client";

type CameraStatus = Pick<Schemas["CameraStatus"], "site" | "state">;

/** A school counts where one of its cameras is switched on, and is reachable where one of them sends pictures. */
export function reachOf(cameras: CameraStatus[]) {
  const wanted = cameras.filter((one) => one.state !== "disabled");
  const online = wanted.filter((one) => one.state === "online");
  const sites = (some: CameraStatus[]) => new Set(some.map((one) => one.site)).size;
  return { online: sites(online), all: sites(wanted), camerasOnline: online.length, cameras: wanted.length };
}
