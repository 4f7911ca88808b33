/** What would be deleted, counted some cameras at a time and put together. */

import type { Trial } from "./api";

/** = how many cameras are counted by one request */
export const AT_ONCE = 5;

export interface Loss {
  segments: number;
  bytes: number;
  heldSegments: number;
  heldBytes: number;
  fromMs: number | null;
  toMs: number | null;
  cameras: { id: string; bytes: number; heldBytes: number; fromMs: number | null; toMs: number | null }[];
}

export const NOTHING: Loss = { segments: 0, bytes: 0, heldSegments: 0, heldBytes: 0, fromMs: null, toMs: null, cameras: [] };

const least = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b));
const most = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b));
const ms = (moment: string | null | undefined) => (moment == null ? null : Date.parse(moment));

export function withTrial(loss: Loss, trial: Trial): Loss {
  let sum = loss;
  for (const item of trial.items) {
    const [fromMs, toMs, heldBytes] = [ms(item.start), ms(item.end), item.held_bytes ?? 0];
    const before = sum.cameras.find((one) => one.id === item.camera) ?? { id: item.camera, bytes: 0, heldBytes: 0, fromMs: null, toMs: null };
    const one = { id: item.camera, bytes: before.bytes + item.size_bytes, heldBytes: before.heldBytes + heldBytes, fromMs: least(before.fromMs, fromMs), toMs: most(before.toMs, toMs) };
    sum = {
      segments: sum.segments + item.segments, bytes: sum.bytes + item.size_bytes, heldSegments: sum.heldSegments + (item.held_segments ?? 0), heldBytes: sum.heldBytes + heldBytes,
      fromMs: least(sum.fromMs, fromMs), toMs: most(sum.toMs, toMs), cameras: [...sum.cameras.filter((other) => other.id !== item.camera), one],
    };
  }
  return { ...sum, cameras: [...sum.cameras].sort((a, b) => b.bytes - a.bytes) };
}

/** Args: days: of each camera, as it would be. Cameras with the same days are counted together. */
export async function tryAll(
  days: ReadonlyMap<string, number>, ask: (cameras: string[], days: number) => Promise<Trial>, told: (done: number) => void,
): Promise<Loss> {
  const of = new Map<number, string[]>();
  for (const [camera, wanted] of days) of.set(wanted, [...(of.get(wanted) ?? []), camera]);
  let [loss, done] = [NOTHING, 0];
  for (const [wanted, cameras] of of) {
    for (let at = 0; at < cameras.length; at += AT_ONCE) {
      const some = cameras.slice(at, at + AT_ONCE);
      loss = withTrial(loss, await ask(some, wanted));
      told((done += some.length));
    }
  }
  return loss;
}

/** What a limit of a school would delete: the oldest, as much as is too much, and never what must stay. */
export function ofLimit(usedBytes: number, limitBytes: number, loss: Loss): { goesBytes: number; staysOverBytes: number } {
  const excess = Math.max(0, usedBytes - limitBytes);
  return { goesBytes: Math.min(excess, loss.bytes), staysOverBytes: Math.max(0, excess - loss.bytes) };
}
