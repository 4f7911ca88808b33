/** What the pages of figures ask of the gateway. */

import { call, send, type Schemas } from "@/api/client";
import type { Range } from "./range";

export type FigureRow = Schemas["FigureRow"];
export type FigureGroup = Schemas["FiguresAnswer"]["by"];
export type KitchenRisk = Schemas["KitchenRisk"];
export const EXPORTS = ["figures", "alerts", "orders", "inspections", "kitchens"] as const;
export type Export = (typeof EXPORTS)[number];
export type ExportKind = "csv" | "xlsx";

/** A term of alerts is a large file. */
const EXPORT_LIMIT_MS = 180_000;

export const figuresApi = {
  figures: (range: Range, by: FigureGroup, site: string) =>
    call<Schemas["FiguresAnswer"]>("GET", `/figures?${params(range, { by, ...(site === "" ? {} : { site }) })}`).then((answer) => answer.items),
  kitchens: (range: Range) => call<Schemas["KitchenRisksAnswer"]>("GET", `/figures/kitchens?${params(range)}`).then((answer) => answer.items),
  file: (what: Export, kind: ExportKind, range: Range, by: FigureGroup, site: string) =>
    send("GET", `/exports/${what}.${kind}?${params(range, { ...(what === "figures" ? { by } : {}), ...(site === "" ? {} : { site }) })}`, null, "", { limitMs: EXPORT_LIMIT_MS }).then((answer) => answer.blob()),
};

function params(range: Range, more: Record<string, string> = {}): string {
  return new URLSearchParams({ start: range.start, end: range.end, ...more }).toString();
}

/** Handed to the browser as a file to keep. */
export function keepFile(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
