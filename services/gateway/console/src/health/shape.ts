/** The system as somebody who must act reads it: what is away, what hangs on it, what to do first. Pure. */

import type { Schemas } from "@/api/client";

export type Status = Schemas["Status"];
export type Service = Schemas["ServiceStatus"];
export type Instance = Schemas["InstanceStatus"];
export type CameraStatus = Schemas["CameraStatus"];

/** What services need that is none of them, in the order in which it is to be looked at. */
export const PEERS = ["bus", "database", "objects"] as const;
export type Peer = (typeof PEERS)[number];

export interface PeerAway {
  peer: Peer;
  /** Who says so: service and worker. */
  of: string[];
  /** Only told to those who keep it running. */
  reasons: string[];
}

/** Whether a service is as it should be: it answers, and so does each of its processes. */
export type Mood = "well" | "partly" | "starting" | "silent" | "down";

export function moodOf(service: Service): Mood {
  const instances = service.instances ?? [];
  if (service.state === "down") return "down";
  if (service.state === "degraded") return instances.some((one) => one.state === "not_ready") ? "starting" : "silent";
  return instances.some((one) => one.state !== "ready") ? "partly" : "well";
}

/** From what processes miss; a gateway without the bus sees nobody, and says so itself. */
export function peersAway(status: Status): PeerAway[] {
  if (status.bus === "down") return [{ peer: "bus", of: [], reasons: [] }];
  return PEERS.flatMap((peer) => {
    const missing = status.services.flatMap((service) => (service.instances ?? []).flatMap((one) => (one.missing ?? []).filter((each) => each.what === peer).map((each) => ({ worker: one.worker, reason: each.reason ?? "" }))));
    if (missing.length === 0) return [];
    return [{ peer, of: missing.map((each) => each.worker), reasons: [...new Set(missing.map((each) => each.reason))].filter((each) => each !== "") }];
  });
}

/** Services to be looked at, worst first. Without the bus nobody is seen: that is one thing to mend and not six. */
export function troubled(status: Status): Service[] {
  if (status.bus === "down") return [];
  const rank: Record<Mood, number> = { down: 0, silent: 1, starting: 2, partly: 3, well: 4 };
  return status.services.filter((service) => moodOf(service) !== "well").sort((a, b) => rank[moodOf(a)] - rank[moodOf(b)]);
}

/** More than one: it is being upgraded, or was, and not everywhere. */
export function versionsOf(status: Status): string[] {
  const said = status.services.flatMap((service) => [service.version, ...(service.instances ?? []).map((one) => one.version)]);
  return [...new Set(said.filter((version) => version != null))].sort();
}

/** Conditions with how many cameras are in each; online first, then what is worst. */
const CONDITIONS: readonly CameraStatus["state"][] = ["online", "unreachable", "refused", "stalled", "connecting", "disabled"];

export function countsOf(cameras: readonly CameraStatus[]): { state: CameraStatus["state"]; n: number }[] {
  return CONDITIONS.map((state) => ({ state, n: cameras.filter((camera) => camera.state === state).length })).filter((one) => one.n > 0);
}

/** Cameras that are not online; those that are switched off on purpose last. */
export function awayCameras(cameras: readonly CameraStatus[]): CameraStatus[] {
  return cameras.filter((camera) => camera.state !== "online").sort((a, b) => CONDITIONS.indexOf(a.state) - CONDITIONS.indexOf(b.state) || a.name.localeCompare(b.name));
}

/** Switched off on purpose is no trouble. */
export const lostCameras = (cameras: readonly CameraStatus[]) => cameras.filter((camera) => camera.state !== "online" && camera.state !== "disabled").length;
