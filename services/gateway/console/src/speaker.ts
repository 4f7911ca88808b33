// How a camera can be spoken to, in words.
import type { Schemas } from "@/api/client";

type Speaker = Schemas["SpeakerAnswer"];
type Translate = (key: string, named?: Record<string, string>) => string;

export const WAYS = ["auto", "onvif", "isapi", "dahua", "none"] as const;
// Those that go by the device's own HTTP server, and not by the stream's address.
export const HTTP_WAYS: readonly string[] = ["isapi", "dahua"];

const CODECS: Record<string, string> = { pcmu: "G.711 μ", pcma: "G.711 A", aac: "AAC" };

export function speakerWords(speaker: Speaker | null | undefined, t: Translate, te: (key: string) => boolean): string {
  if (!speaker) return t("speaker.pending");
  if (speaker.codec) return t("speaker.can", { way: t(`speaker.${speaker.way}`), codec: CODECS[speaker.codec] ?? speaker.codec });
  const keys = [`speaker.reason.${speaker.reason_code}`, `reason.${speaker.reason_code}`];
  const key = keys.find((each) => te(each));
  return t("speaker.cannot", { reason: key === undefined ? speaker.reason : t(key) });
}
