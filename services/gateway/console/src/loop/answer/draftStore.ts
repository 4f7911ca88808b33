/** Drafts and the last known state of things, in IndexedDB: they outlive the page. */

import type { DraftStore } from "./answerQueue";
import type { Draft } from "./draft";

const NAME = "bk-loop";
let opened: Promise<IDBDatabase> | null = null;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("drafts", { keyPath: "id" }).createIndex("user", "user");
      asked.result.createObjectStore("seen");
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error ?? new Error("IndexedDB"));
  });
  return opened;
}

async function run<T>(store: string, mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const transaction = (await database()).transaction(store, mode);
  const asked = ask(transaction.objectStore(store));
  return new Promise((done, failed) => {
    // Written is written when the transaction says so, not the request.
    transaction.oncomplete = () => done(asked.result);
    transaction.onerror = transaction.onabort = () => failed(transaction.error ?? new Error("IndexedDB"));
  });
}

export const draftStore: DraftStore = {
  get: async (id) => ((await run("drafts", "readonly", (store) => store.get(id))) as Draft | undefined) ?? null,
  put: async (draft) => void (await run("drafts", "readwrite", (store) => store.put(draft))),
  remove: async (id) => void (await run("drafts", "readwrite", (store) => store.delete(id))),
  of: async (user) => (await run("drafts", "readonly", (store) => store.index("user").getAll(user))) as Draft[],
};

export interface Seen<T> {
  atMs: number;
  what: T;
}

/** What was shown last, for a page that opens without a network. */
export const seen = {
  put: async <T>(key: string, what: T): Promise<void> => void (await run("seen", "readwrite", (store) => store.put({ atMs: Date.now(), what }, key))),
  remove: async (key: string): Promise<void> => void (await run("seen", "readwrite", (store) => store.delete(key))),
  get: async <T>(key: string): Promise<Seen<T> | null> => ((await run("seen", "readonly", (store) => store.get(key))) as Seen<T> | undefined) ?? null,
};
