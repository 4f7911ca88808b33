/**
 * What a talk is like, out of what was told about it. Pure.
 *
 * Facts come from three sides: the browser (microphone, connection), the intercom (its status, by answers and by the data
 * channel) and the person (holds the button or not). `next` adds one; `shown` says what to show; `wanted` says what the
 * intercom has to be asked for, so that a press that is let go of in the middle of a request never stays pressed.
 */

import type { Schemas } from "@/api/client";

type Told = Schemas["TalkAnswer"];
export type Priority = Told["priority"];
/** The last line: what an intercom with a queue for the floor says besides. */
export type Ending =
  | NonNullable<Told["ending"]>
  | "codec" | "camera_busy" | "floor_taken" | "unavailable";
export interface TalkStatus extends Omit<Told, "state" | "ending"> {
  state: Told["state"] | "waiting";
  ending?: Ending | null;
  /** From 1, of those who wait for the floor. */
  queue_position?: number | null;
}
/** What is being waited for until one can speak. */
export type Step = "microphone" | "network" | "camera";

/** `code`: a key of talk.why and talk.next; `detail`: what the server said, for whoever repairs it. */
export interface Failure {
  code: string;
  detail: string;
}

export interface TalkFacts {
  hasMicrophone: boolean;
  isConnected: boolean;
  isHeld: boolean;
  status: TalkStatus | null;
  failure: Failure | null;
  /** This press was refused though it would have waited; it is tried again when the floor is free. */
  isRefused: boolean;
  /** The floor was taken away while one spoke, and is not free again. */
  isLost: boolean;
  /** Packets that the camera had been given when this press began. */
  packetsBefore: number;
}

export type TalkEvent =
  | { kind: "microphone" }
  | { kind: "connection"; isUp: boolean }
  | { kind: "told"; status: TalkStatus }
  | { kind: "held"; isHeld: boolean }
  | { kind: "refused" }
  | { kind: "failed"; failure: Failure };

export type Shown =
  | { phase: "opening"; step: Step }
  | { phase: "ready" | "pressing" | "speaking" | "heard" | "unheard" }
  | { phase: "busy"; holder: string; isLost: boolean; place: number | null }
  | { phase: "failed"; code: string; detail: string };
export type Phase = Shown["phase"];

export const BEGIN: TalkFacts = {
  hasMicrophone: false, isConnected: false, isHeld: false, status: null, failure: null, isRefused: false, isLost: false,
  packetsBefore: 0,
};

/** Packets of 20 ms after which a camera that reports, and reports nothing of ours, is worth a word. */
const UNHEARD_AFTER = 150;
/** After these another attempt ends the same way. */
const FINAL = new Set(["insecure", "unsupported", "no_backchannel", "codec", "no_longer_allowed", "not_allowed", "no_such_camera", "password_unreadable"]);

export function next(facts: TalkFacts, event: TalkEvent): TalkFacts {
  if (facts.failure !== null) return facts;
  if (event.kind === "microphone") return { ...facts, hasMicrophone: true };
  if (event.kind === "connection") return { ...facts, isConnected: event.isUp };
  // Every press is asked for, whoever has the floor: it may be the more urgent one, and waits in line where it is not.
  if (event.kind === "held") return { ...facts, isHeld: event.isHeld, isRefused: false };
  if (event.kind === "refused") return { ...facts, isRefused: isTaken(facts.status) };
  if (event.kind === "failed") return { ...facts, isHeld: false, failure: event.failure };
  return told(facts, event.status);
}

function told(facts: TalkFacts, status: TalkStatus): TalkFacts {
  if (status.state === "ended") {
    const failure = { code: status.ending ?? "hung_up", detail: status.detail };
    return { ...facts, status, isHeld: false, failure };
  }
  const wasTalking = facts.status?.state === "talking";
  if (status.state === "talking") {
    return { ...facts, status, isRefused: false, isLost: false, packetsBefore: wasTalking ? facts.packetsBefore : status.packets };
  }
  const isLostNow = wasTalking && facts.isHeld;
  const isRefused = facts.isRefused && isTaken(status);
  const isLost = isLostNow || (facts.isLost && (isTaken(status) || facts.isHeld));
  return { ...facts, status, isRefused, isLost };
}

function isTaken(status: TalkStatus | null): boolean {
  return status !== null && (status.holder ?? null) !== null;
}

/** true: press; false: release; null: nothing to ask. */
export function wanted(facts: TalkFacts): boolean | null {
  const { status } = facts;
  if (facts.failure !== null || !facts.isConnected || status === null) return null;
  if (status.state === "talking" || status.state === "waiting") return facts.isHeld ? null : false;
  return status.state === "ready" && facts.isHeld && !facts.isRefused ? true : null;
}

/** Whether the microphone's sound may leave the browser. */
export function isOpenMouthed(facts: TalkFacts): boolean {
  const isInLine = facts.status?.state === "waiting" || (facts.isLost && isTaken(facts.status));
  return facts.failure === null && facts.isHeld && !facts.isRefused && !isInLine;
}

export function shown(facts: TalkFacts): Shown {
  const { status } = facts;
  if (facts.failure !== null) return { phase: "failed", ...facts.failure };
  if (!facts.hasMicrophone) return { phase: "opening", step: "microphone" };
  if (!facts.isConnected || status === null) return { phase: "opening", step: "network" };
  if (status.state === "preparing") return { phase: "opening", step: "camera" };
  if (status.holder || status.state === "waiting") {
    return { phase: "busy", holder: status.holder ?? "", isLost: facts.isLost, place: status.queue_position ?? null };
  }
  if (status.state !== "talking") return { phase: facts.isHeld ? "pressing" : "ready" };
  if (status.is_heard === true) return { phase: "heard" };
  const isUnheard = status.is_heard === false && status.packets - facts.packetsBefore > UNHEARD_AFTER;
  return { phase: isUnheard ? "unheard" : "speaking" };
}

export function isWorthTrying(code: string): boolean {
  return !FINAL.has(code);
}
