/** What this person chose last on this device, the newest first. */

import { KINDS, type Thing } from "./things";

const MOST = 8;
type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export class Recent {
  private readonly key: string;

  constructor(person: string, private readonly store: Store = localStorage) {
    this.key = `bk-found:${person}`;
  }

  get things(): Thing[] {
    return read(this.store.getItem(this.key));
  }

  add(thing: Thing): void {
    const others = this.things.filter((one) => one.kind !== thing.kind || one.id !== thing.id);
    this.store.setItem(this.key, JSON.stringify([thing, ...others].slice(0, MOST)));
  }

  clear(): void {
    this.store.removeItem(this.key);
  }
}

function read(text: string | null): Thing[] {
  try {
    const kept: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(kept) ? kept.filter(isThing) : [];
  } catch {
    return []; // somebody else's, or half written
  }
}

function isThing(kept: unknown): kept is Thing {
  const thing = kept as Thing | null;
  return typeof thing === "object" && thing !== null && KINDS.includes(thing.kind) && [thing.id, thing.name, thing.site].every((one) => typeof one === "string");
}
