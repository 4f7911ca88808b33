/** The organisation as it is drawn: units under units, schools under them, and words for where something lies. */

import type { Schemas } from "@/api/client";

export type Unit = Schemas["UnitAnswer"];
export type Site = Schemas["SiteAnswer"];
export const UNIT_KINDS = ["province", "city", "district", "station", "operator"] as const;

export interface UnitRow {
  unit: Unit;
  depth: number;
  /** Schools of its own. */
  sites: Site[];
  /** Schools of it and of all below it. */
  count: number;
  hasMore: boolean;
}

export function nameOfUnit(unit: Unit, locale: string): string {
  return locale === "en" && unit.name_en ? unit.name_en : unit.name;
}

/** Names from the top down to this unit. */
export function pathWords(id: string, units: readonly Unit[], locale: string): string {
  const path = units.find((unit) => unit.id === id)?.path ?? [id];
  return path.map((each) => units.find((unit) => unit.id === each)).map((unit, at) => (unit === undefined ? path[at] : nameOfUnit(unit, locale))).join(" / ");
}

/** In the order of the tree; each is called by its path, so that two stations of one name are told apart. */
export function unitOptions(units: readonly Unit[], locale: string): { id: string; name: string }[] {
  return unitRows(units, []).map(({ unit }) => ({ id: unit.id, name: pathWords(unit.id, units, locale) }));
}

/** Station 10 after station 2; names would put 第二 before 第一. */
const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id, "en", { numeric: true });

/** Every unit, depth first. One whose parent is not among them stands at the top. */
export function unitRows(units: readonly Unit[], sites: readonly Site[]): UnitRow[] {
  const known = new Set(units.map((unit) => unit.id));
  const below = new Map<string | null, Unit[]>();
  for (const unit of units) {
    const parent = unit.parent !== null && known.has(unit.parent) ? unit.parent : null;
    below.set(parent, [...(below.get(parent) ?? []), unit]);
  }
  const own = new Map<string, Site[]>();
  for (const site of sites) if (site.unit !== null) own.set(site.unit, [...(own.get(site.unit) ?? []), site]);
  const rows: UnitRow[] = [];
  const walk = (parent: string | null, depth: number): number => {
    let total = 0;
    const here = (below.get(parent) ?? []).sort(byId);
    for (const unit of here) {
      const mine = (own.get(unit.id) ?? []).sort(byId);
      const row: UnitRow = { unit, depth, sites: mine, count: 0, hasMore: mine.length > 0 || below.has(unit.id) };
      rows.push(row);
      row.count = mine.length + walk(unit.id, depth + 1);
      total += row.count;
    }
    return total;
  };
  walk(null, 0);
  return rows;
}

/** Rows that are not hidden below one that is shut. */
export function shownRows(rows: readonly UnitRow[], shut: ReadonlySet<string>): UnitRow[] {
  return rows.filter(({ unit }) => !unit.path.some((id) => id !== unit.id && shut.has(id)));
}

/** Schools that belong to no unit, or to one that is not among these. */
export function strayed(units: readonly Unit[], sites: readonly Site[]): Site[] {
  const known = new Set(units.map((unit) => unit.id));
  return sites.filter((site) => site.unit === null || !known.has(site.unit));
}

/** Units that this one may hang below: itself and what lies below it are none. */
export function possibleParents(id: string, units: readonly Unit[]): Unit[] {
  return units.filter((unit) => !unit.path.includes(id));
}
