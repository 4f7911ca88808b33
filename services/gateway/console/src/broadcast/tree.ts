/** Schools and their cameras, and which of them are chosen. Pure. */

export interface Leaf {
  id: string;
  name: string;
  site: string;
  isEnabled: boolean;
  isOnline: boolean;
  /** Known to have no speaker. */
  isMute: boolean;
}

export interface Branch {
  site: string;
  name: string;
  cameras: Leaf[];
}

export type Tick = "all" | "some" | "none";

/** Schools in the order given, without those that have no camera; `search` matches either's name or id. */
export function branches(sites: { id: string; name: string }[], cameras: Leaf[], search: string): Branch[] {
  const wanted = search.trim().toLowerCase();
  const matches = (...words: string[]) => wanted === "" || words.some((word) => word.toLowerCase().includes(wanted));
  return sites
    .map(({ id, name }) => {
      const here = cameras.filter((camera) => camera.site === id);
      return { site: id, name, cameras: matches(id, name) ? here : here.filter((camera) => matches(camera.id, camera.name)) };
    })
    .filter((branch) => branch.cameras.length > 0);
}

/** A camera that is switched off, or has no speaker, is never chosen. */
export function mayBeChosen(camera: Leaf): boolean {
  return camera.isEnabled && !camera.isMute;
}

export function tickOf(cameras: Leaf[], chosen: ReadonlySet<string>): Tick {
  const able = cameras.filter(mayBeChosen);
  const count = able.filter((camera) => chosen.has(camera.id)).length;
  if (count === 0) return "none";
  return count === able.length ? "all" : "some";
}

/** All of them, or none where all were chosen. */
export function toggled(cameras: Leaf[], chosen: ReadonlySet<string>): Set<string> {
  const next = new Set(chosen);
  const isOff = tickOf(cameras, chosen) === "all";
  for (const camera of cameras.filter(mayBeChosen)) {
    if (isOff) next.delete(camera.id);
    else next.add(camera.id);
  }
  return next;
}
