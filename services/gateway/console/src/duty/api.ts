/** What duty and escalation ask of the gateway. */

import { call, type Schemas } from "@/api/client";

export type Rota = Schemas["RotaAnswer"];
export type RotaBody = Schemas["RotaBody"];
export type Chain = Schemas["ChainAnswer"];
export type ChainBody = Schemas["ChainBody"];
export type DutySpan = Schemas["DutyAnswer"];
export type Preview = Schemas["PreviewAnswer"];
export type PreviewPerson = Schemas["PreviewPersonAnswer"];

const at = encodeURIComponent;
const list = async <T>(path: string) => (await call<{ items: T[] }>("GET", path)).items;

export const duty = {
  people: () => list<Schemas["PersonAnswer"]>("/notices/people"),
  rotas: () => list<Rota>("/notices/rotas"),
  putRota: (id: string, body: RotaBody) => call<Rota>("PUT", `/notices/rotas/${at(id)}`, body),
  removeRota: (id: string) => call<void>("DELETE", `/notices/rotas/${at(id)}`),
  chains: () => list<Chain>("/notices/chains"),
  putChain: (id: string, body: ChainBody) => call<Chain>("PUT", `/notices/chains/${at(id)}`, body),
  removeChain: (id: string) => call<void>("DELETE", `/notices/chains/${at(id)}`),
  spans: (fromMs: number, toMs: number) => {
    const query = new URLSearchParams({ start: new Date(fromMs).toISOString(), end: new Date(toMs).toISOString() });
    return list<DutySpan>(`/notices/duty?${query}`);
  },
  preview: (body: object) => call<Preview>("POST", "/notices/preview", body),
};

/** Ids are for addresses; people read titles. */
export function freshId(what: "rota" | "chain"): string {
  const random = crypto.getRandomValues(new Uint8Array(5));
  return `${what}-${Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
