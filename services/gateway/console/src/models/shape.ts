/** Model packs as an operator looks for them: by pack instead of by worker. Pure. */

import type { Schemas } from "@/api/client";

export type Capabilities = Schemas["CapabilitiesAnswer"];
export type Pack = Schemas["PackAnswer"];
export type PackState = Pack["state"];

export interface OnWorker {
  worker: string;
  state: PackState;
  since: string;
  reason: string;
  devices: string[];
}

export interface PackRow {
  key: string;
  /** Of the first worker that has it; the same weights say the same everywhere. */
  about: Pack;
  /** The best of what it is anywhere: in force, tried beside it, spare, refused. */
  state: PackState;
  workers: OnWorker[];
  /** Workers that answered and do not have it. */
  missingOn: string[];
}

export const STATES: readonly PackState[] = ["in_force", "shadow", "spare", "refused"];

/** One row a pack and its weights; what is in force first. */
export function packRows(workers: Capabilities["workers"]): PackRow[] {
  const rows = new Map<string, PackRow>();
  for (const worker of workers) {
    for (const pack of worker.packs ?? []) {
      const key = `${pack.pack} ${pack.digest ?? ""}`;
      const row = rows.get(key) ?? { key, about: pack, state: pack.state, workers: [], missingOn: [] };
      row.workers.push({ worker: worker.worker, state: pack.state, since: pack.since, reason: pack.reason ?? "", devices: pack.devices ?? [] });
      if (STATES.indexOf(pack.state) < STATES.indexOf(row.state)) row.state = pack.state;
      rows.set(key, row);
    }
  }
  const all = workers.map((worker) => worker.worker);
  return [...rows.values()]
    .map((row) => ({ ...row, missingOn: all.filter((name) => !row.workers.some((one) => one.worker === name)) }))
    .sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || a.about.pack.localeCompare(b.about.pack, "en", { numeric: true }));
}

/** Those that were refused somewhere. */
export const refusals = (rows: readonly PackRow[]) => rows.filter((row) => row.workers.some((one) => one.state === "refused"));

export interface FigureGroup {
  /** "" : the pack itself. */
  of: string;
  items: { name: string; value: string }[];
}

/** Figures by what they are about: all of their path but the last part. */
export function figureGroups(figures: readonly { name: string; value: string }[]): FigureGroup[] {
  const groups = new Map<string, FigureGroup>();
  for (const figure of figures) {
    const at = figure.name.lastIndexOf(".");
    const of = at < 0 ? "" : figure.name.slice(0, at);
    const group = groups.get(of) ?? { of, items: [] };
    group.items.push({ name: figure.name.slice(at + 1), value: figure.value });
    groups.set(of, group);
  }
  return [...groups.values()];
}

/** What a worker says why, as far as it is one of a few sentences: the key of its words, and what stands in it. */
export function reasonOf(reason: string): { key: string; named: Record<string, string> } | null {
  for (const [pattern, key] of REASONS) {
    const found = pattern.exec(reason);
    if (found !== null) return { key, named: Object.fromEntries(Object.entries(found.groups ?? {})) };
  }
  return null;
}

const REASONS: [RegExp, string][] = [
  [/^no pack brings it$/, "none"],
  [/^its pack was removed$/, "removed"],
  [/^(?<pack>\S+@\S+) was chosen: it is not there$/, "chosenMissing"],
  [/^it failed when it was asked: (?<why>.+)$/s, "failed"],
  [/^(?<file>\S+) is not what the manifest names: sha256 (?<digest>\w+)…$/, "digest"],
  [/^(?<file>\S+): No such file or directory$/, "noFile"],
  [/^manifest\.json: (?<what>.+)$/s, "manifest"],
];
