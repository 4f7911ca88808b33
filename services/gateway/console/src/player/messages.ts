/** The words that travel beside the pictures on a live WebSocket. */

export interface StreamMessage {
  type: "stream";
  codecs: string;
  mime: string;
  width: number | null;
  height: number | null;
  run: string;
  gop_seconds: number | null;
}

export interface FragmentMessage {
  type: "fragment";
  seq: number;
  pts_90k: number;
  duration_90k: number;
  captured_us: number;
  received_us: number;
  is_idr: boolean;
  run: string;
}

export interface StateMessage {
  type: "state";
  condition: string;
  reason: string;
  reason_code: string;
  since_us: number;
}

export interface GapMessage {
  type: "gap";
  missing: number;
  reason: string;
}

export interface SkippedMessage {
  type: "skipped";
  gops: number;
}

export type LiveMessage = StreamMessage | FragmentMessage | StateMessage | GapMessage | SkippedMessage;

const KNOWN = new Set(["stream", "fragment", "state", "gap", "skipped"]);

/** null for what a newer gateway says and we do not know. */
export function parseMessage(text: string): LiveMessage | null {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("type" in value)) return null;
  return KNOWN.has(String(value.type)) ? (value as LiveMessage) : null;
}
