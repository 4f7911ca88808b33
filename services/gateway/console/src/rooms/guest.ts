/** Guests of a room: a link exchanged for a cookie, and the room's cameras as far as a guest is told of them. */

import { call, Offline, Problem, type Camera } from "@/api/client";
import type { RoomDetails } from "./api";

/** What is behind # never goes to a server by itself. */
export function tokenOf(hash: string): string | null {
  return /^#guest=(.+)$/.exec(hash)?.[1] ?? null;
}

/** Whether the link let them in. */
export async function enter(token: string): Promise<boolean> {
  try {
    await call("POST", "/guest-sessions", { token });
    return true;
  } catch (error) {
    if (error instanceof Problem || error instanceof Offline) return false;
    throw error;
  }
}

export function isGuestsRefusal(error: unknown): boolean {
  return error instanceof Problem && error.code === "guests_not_here";
}

/** A guest is told which cameras there are, and nothing of their addresses and states: what the live view needs. */
export function camerasOf(room: RoomDetails): Camera[] {
  return room.floors.map(({ camera, site }) => ({
    id: camera, name: camera, site, is_enabled: true, sub: null,
    state: { condition: "online", reason_code: "ok", reason: "", codecs: null, since: null },
  }) as unknown as Camera);
}
