/** Which alerts this person has looked at on this device. */

const MOST = 500;

export class Seen {
  private ids: Set<string>;

  constructor(
    private readonly key: string,
    private readonly store: Pick<Storage, "getItem" | "setItem"> = localStorage,
  ) {
    this.ids = new Set(read(store.getItem(key)));
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  /** false: it was there already. */
  add(id: string): boolean {
    if (this.ids.has(id)) return false;
    this.ids = new Set([...this.ids, id].slice(-MOST));
    this.store.setItem(this.key, JSON.stringify([...this.ids]));
    return true;
  }
}

function read(text: string | null): string[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.filter((id) => typeof id === "string") : [];
  } catch {
    return []; // somebody else's, or half written: everything is new again
  }
}
