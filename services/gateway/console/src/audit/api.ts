/** What the pages of the audit trail ask of the gateway. */

import { call, send, type Schemas } from "@/api/client";

export type AuditRow = Schemas["AuditRow"];
export type Watching = Schemas["WatchingAnswer"];
export interface PageOf<T> {
  items: T[];
  next_cursor?: string | null;
}
export interface Wanted {
  who: string;
  action: string;
  camera: string;
  site: string;
  outcome: string;
  since: string;
  until: string;
}

const PAGE = 50;
/** A year of a district is a large file. */
const EXPORT_LIMIT_MS = 600_000;

export const auditApi = {
  page: (wanted: Wanted, cursor: string) => call<PageOf<AuditRow>>("GET", `/audit?${query({ ...wanted, cursor })}`),
  watching: (site: string, cursor: string) => call<PageOf<Watching>>("GET", `/sites/${encodeURIComponent(site)}/watching?${query({ cursor })}`),
  file: (format: "csv" | "jsonl") => send("GET", `/audit/export?format=${format}`, null, "", { limitMs: EXPORT_LIMIT_MS }).then((answer) => answer.blob()),
};

function query(params: Record<string, string>): string {
  const given = Object.entries(params).filter(([, value]) => value !== "");
  return new URLSearchParams([["limit", String(PAGE)], ...given]).toString();
}
