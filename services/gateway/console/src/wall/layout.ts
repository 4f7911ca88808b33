/** How somebody wants the live page: number of tiles, their order, the dwell of a tour. Kept on this device. Pure but for the store. */

import { DWELL_S, DWELLS_S } from "./tour";

export const LAYOUTS = [1, 4, 9, 16, 25];

export interface Layout {
  n: number;
  dwellS: number;
  /** Ids of cameras, first to last; those that are not named come after. */
  order: string[];
}

/** More cameras than anybody orders by hand. */
const ORDER_MAX = 2000;
const PLAIN: Layout = { n: 4, dwellS: DWELL_S, order: [] };

/** What was kept; what is not understood is as if it never was. */
export function parse(text: string | null): Layout {
  let kept: Partial<Layout> | null = null;
  try {
    kept = text === null ? null : (JSON.parse(text) as Partial<Layout> | null);
  } catch {
    // Somebody else wrote there.
  }
  if (typeof kept !== "object" || kept === null) return { ...PLAIN };
  const order = Array.isArray(kept.order) ? kept.order.filter((id) => typeof id === "string").slice(0, ORDER_MAX) : [];
  return {
    n: LAYOUTS.includes(kept.n ?? 0) ? kept.n! : PLAIN.n,
    dwellS: DWELLS_S.includes(kept.dwellS ?? 0) ? kept.dwellS! : PLAIN.dwellS,
    order,
  };
}

/** In the order somebody chose; the others stay as they came, behind. */
export function arranged<T extends { id: string }>(cameras: T[], order: string[]): T[] {
  const places = new Map(order.map((id, place) => [id, place]));
  const placeOf = (camera: T) => places.get(camera.id) ?? order.length;
  return [...cameras].sort((one, other) => placeOf(one) - placeOf(other));
}

/** `id` where `to` stands; what lies between moves up. `shown`: ids as they stand now. */
export function moved(shown: string[], id: string, to: string): string[] {
  const from = shown.indexOf(id);
  const place = shown.indexOf(to);
  if (from < 0 || place < 0 || from === place) return shown;
  const others = shown.filter((one) => one !== id);
  return [...others.slice(0, place), id, ...others.slice(place)];
}

/** The order of some of them (one school's) within the order of all. */
export function merged(all: string[], some: string[]): string[] {
  const chosen = new Set(some);
  let next = 0;
  return all.map((id) => (chosen.has(id) ? some[next++]! : id)).slice(0, ORDER_MAX);
}
