/** Why a talk failed, by name: what browsers throw and what the gateway refuses. Pure. */

import { Offline, Problem } from "@/api/client";
import type { Failure } from "./talkState";

/** DOMException names of getUserMedia (W3C Media Capture and Streams, 10.2.1). */
const OF_MICROPHONE: Record<string, string> = {
  NotAllowedError: "microphone_denied",
  SecurityError: "microphone_denied",
  NotFoundError: "no_microphone",
  OverconstrainedError: "no_microphone",
  NotReadableError: "microphone_busy",
  AbortError: "microphone_busy",
};

/** Codes of the gateway that have words of their own; the camera's endings are codes as well (`wordless` says which not). */
const OF_GATEWAY: Record<string, string> = {
  peer_away: "unavailable",
  unavailable: "unavailable",
  exhausted: "intercom_full",
  no_such_talk: "talk_lost",
  not_understood: "bad_offer",
  body_too_large: "bad_offer",
  not_logged_in: "login_ended",
};

export function ofMicrophone(error: unknown): Failure {
  const name = error instanceof DOMException ? error.name : "";
  return { code: OF_MICROPHONE[name] ?? "microphone_failed", detail: words(error) };
}

/** Args: isWorded: whether there are words for a code. */
export function ofGateway(error: unknown, isWorded: (code: string) => boolean): Failure {
  if (error instanceof Offline) return { code: "offline", detail: "" };
  if (!(error instanceof Problem)) return { code: "failed", detail: words(error) };
  const code = error.status === 401 ? "login_ended" : OF_GATEWAY[error.code] ?? error.code;
  return { code: isWorded(code) ? code : "failed", detail: error.detail };
}

function words(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
