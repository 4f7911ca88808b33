/** What the pages of inspections ask of the gateway. */

import { call, type Schemas } from "@/api/client";
import type { Range } from "@/figures/range";

export type Draw = Schemas["DrawAnswer"];
export type DrawState = Draw["state"];
export type Department = Schemas["SeedAnswer"];
export type NewDraw = Schemas["NewDraw"];
export type Look = Schemas["InspectionAnswer"];
export type LookState = Look["state"];
export type LookStep = Partial<Schemas["NewLookStep"]> & Pick<Schemas["NewLookStep"], "action">;
export type Coverage = Schemas["InspectionCoverage"];
interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

const query = (asked: Record<string, string | undefined>) =>
  new URLSearchParams(Object.entries(asked).filter((one): one is [string, string] => Boolean(one[1]))).toString();
const path = (id: string) => encodeURIComponent(id);

export const inspections = {
  draws: (cursor?: string) => call<Page<Draw>>("GET", `/draws?${query({ limit: "50", cursor })}`),
  draw: (id: string) => call<Draw>("GET", `/draws/${path(id)}`),
  callDraw: (draw: NewDraw) => call<Draw>("POST", "/draws", draw),
  cancel: (id: string, why: string) => call<Draw>("POST", `/draws/${path(id)}/cancellation`, { why }),
  commit: (id: string, department: string, commitment: string) => call<Draw>("POST", `/draws/${path(id)}/commitments`, { department, commitment }),
  reveal: (id: string, department: string, seed: string, nonce: string) => call<Draw>("POST", `/draws/${path(id)}/seeds`, { department, seed, nonce }),
  looks: (asked: { supervisor?: string; state?: string; site?: string; draw?: string; cursor?: string }) =>
    call<Page<Look>>("GET", `/inspections?${query({ limit: "50", ...asked })}`),
  look: (id: string) => call<Look>("GET", `/inspections/${path(id)}`),
  step: (id: string, step: LookStep) => call<Look>("POST", `/inspections/${path(id)}/steps`, step),
  coverage: (range: Range) => call<Coverage>("GET", `/inspection-coverage?${query({ ...range })}`),
};

export const fileOf = (id: string) => `/api/v1/draws/${path(id)}/file.json`;
