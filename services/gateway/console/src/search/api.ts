/** What the search asks of the gateway: the first few of each kind that the words are in, never a whole list. */

import { call, Offline, Problem, type Camera, type Schemas } from "@/api/client";
import { may, type Verb } from "@/session";
import { KINDS, type Group, type Kind, type Thing } from "./things";

const FEW = 6;
const NEEDS: Record<Kind, Verb> = { site: "list", camera: "list", case: "view", order: "view" };

interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

const ASK: Record<Kind, (query: string) => Promise<Page<Thing>>> = {
  site: (query) => asked<Schemas["SiteAnswer"]>(`/sites${query}`, ({ id, name }) => ({ kind: "site", id, name, site: id })),
  camera: (query) => asked<Camera>(`/cameras${query}`, ({ id, name, site }) => ({ kind: "camera", id, name, site })),
  case: (query) => asked<Schemas["CaseAnswer"]>(`/cases${query}`, ({ id, title, site }) => ({ kind: "case", id, name: title, site })),
  order: (query) => asked<Schemas["OrderAnswer"]>(`/orders${query}`, ({ id, title, site }) => ({ kind: "order", id, name: title, site })),
};

async function asked<T>(path: string, thingOf: (item: T) => Thing): Promise<Page<Thing>> {
  const page = await call<Page<T>>("GET", path);
  return { ...page, items: page.items.map(thingOf) };
}

export interface Found {
  groups: Group[];
  /** Kinds that could not be asked: what knows of them is away. */
  missing: Kind[];
}

/** Throws Offline where the gateway is not reached. */
export async function find(words: string): Promise<Found> {
  const query = `?${new URLSearchParams({ q: words, limit: String(FEW) }).toString()}`;
  const kinds = KINDS.filter((kind) => may(NEEDS[kind]));
  const answers = await Promise.allSettled(kinds.map((kind) => ASK[kind](query)));
  const found: Found = { groups: [], missing: [] };
  answers.forEach((answer, at) => {
    const kind = kinds[at] as Kind;
    if (answer.status === "rejected") {
      if (!(answer.reason instanceof Problem)) throw answer.reason;
      found.missing.push(kind);
    } else if (answer.value.items.length > 0) found.groups.push({ kind, things: answer.value.items, hasMore: answer.value.next_cursor != null });
  });
  return found;
}

const names = new Map<string, string>();

/** Of schools, by their ids: each asked once. An id stands where nobody says its name. */
export async function siteNames(ids: Iterable<string>): Promise<Map<string, string>> {
  const unknown = [...new Set(ids)].filter((id) => !names.has(id));
  await Promise.all(unknown.map(async (id) => {
    try {
      names.set(id, (await call<Schemas["SiteAnswer"]>("GET", `/sites/${encodeURIComponent(id)}`)).name);
    } catch (error) {
      if (!(error instanceof Problem) && !(error instanceof Offline)) throw error;
    }
  }));
  return new Map(names);
}

/** What a list said anyway needs not to be asked. */
export function learnNames(things: Thing[]): void {
  for (const thing of things) if (thing.kind === "site") names.set(thing.id, thing.name);
}
