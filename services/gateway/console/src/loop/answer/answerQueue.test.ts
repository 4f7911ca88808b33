import { beforeEach, describe, expect, it } from "vitest";
import { Offline, Problem } from "@/api/client";
import type { Order, Photo } from "../api";
import { AnswerQueue, type AnswerWire, type DraftStore } from "./answerQueue";
import { changed, draftId, isEmpty, newDraft, type Draft } from "./draft";

/** As IndexedDB keeps it: a copy, read anew after the page was closed. */
class Kept implements DraftStore {
  readonly drafts = new Map<string, Draft>();
  async get(id: string) {
    return this.drafts.get(id) ?? null;
  }
  async put(draft: Draft) {
    this.drafts.set(draft.id, { ...draft });
  }
  async remove(id: string) {
    this.drafts.delete(id);
  }
  async of(user: string) {
    return [...this.drafts.values()].filter((draft) => draft.user === user);
  }
}

/** A server that takes an answer with the same key once; `breaks` says what goes wrong before or after each call. */
class Server implements AnswerWire {
  photos: string[] = [];
  answers = new Map<string, { text: string; photos: string[] }>();
  breaks: (call: string, when: "before" | "after") => Error | null = () => null;
  private through(call: string, when: "before" | "after") {
    const error = this.breaks(call, when);
    if (error !== null) throw error;
  }
  async addPhoto(_: string, photo: Blob): Promise<Photo> {
    this.through("photo", "before");
    const name = await photo.text();
    this.photos.push(name);
    this.through("photo", "after");
    return { name, sha256: name, size_bytes: photo.size };
  }
  async answer(draft: Draft, photos: Photo[]): Promise<Order> {
    this.through("answer", "before");
    if (!this.answers.has(draft.key)) this.answers.set(draft.key, { text: draft.text, photos: photos.map((each) => each.name) });
    this.through("answer", "after");
    return { id: draft.order, state: "answered" } as Order;
  }
}

const problem = (status: number) => new Problem(status, "no", `refused with ${status}`, {});
let kept: Kept, server: Server, sent: string[];
const queue = () => new AnswerQueue(kept, server, { sending: () => undefined, changed: () => undefined, sent: (draft) => void sent.push(draft.id) });

beforeEach(async () => {
  [kept, server, sent] = [new Kept(), new Server(), []];
  const photos = ["one", "two"].map((name) => ({ id: name, blob: new Blob([name]) }));
  await kept.put({ ...newDraft("chef", "o1", "key-1", 0), text: "Masks are on.", photos, state: "waiting" });
});

describe("an answer", () => {
  it("is sent with its photos, once, and then forgotten here", async () => {
    expect(await queue().flush("chef")).toBe(true);
    expect([...server.answers.values()]).toEqual([{ text: "Masks are on.", photos: ["one", "two"] }]);
    expect([sent, kept.drafts.size]).toEqual([["chef/o1"], 0]);
    await queue().flush("chef");
    expect(server.answers.size).toBe(1);
  });

  it("waits without a network, and its photos are not sent twice", async () => {
    let calls = 0;
    server.breaks = (_, when) => (when === "before" && ++calls === 2 ? new Offline("offline") : null);
    expect(await queue().flush("chef")).toBe(false);
    expect([kept.drafts.get("chef/o1")?.state, sent]).toEqual(["waiting", []]);
    server.breaks = () => null;
    expect(await queue().flush("chef")).toBe(true); // by another page, later
    expect(server.photos).toEqual(["one", "two"]);
  });

  it("that arrived, and of which nobody heard, is one answer", async () => {
    server.breaks = (call, when) => (call === "answer" && when === "after" ? new Offline("offline") : null);
    for (let again = 0; again < 3; again++) expect(await queue().flush("chef")).toBe(false);
    server.breaks = () => null;
    expect(await queue().flush("chef")).toBe(true);
    expect(server.answers.size).toBe(1);
  });

  it.each([401, 429, 503])("is kept for later at %d", async (status) => {
    server.breaks = () => problem(status);
    expect(await queue().flush("chef")).toBe(false);
    expect(kept.drafts.get("chef/o1")?.state).toBe("waiting");
  });

  it("that is on its way already is kept for later", async () => {
    server.breaks = (call) => (call === "answer" ? new Problem(409, "Conflict", "being done", {}, null, "idempotency_key_busy") : null);
    expect(await queue().flush("chef")).toBe(false);
    expect(kept.drafts.get("chef/o1")?.state).toBe("waiting");
  });

  it.each([403, 404, 409, 422])("that is refused with %d says why, and is not tried for ever", async (status) => {
    server.breaks = (call) => (call === "answer" ? problem(status) : null);
    expect(await queue().flush("chef")).toBe(true);
    const refused = kept.drafts.get("chef/o1");
    expect([refused?.state, refused?.why]).toEqual(["refused", `refused with ${status}`]);
    expect(refused?.photos.every((photo) => photo.sent !== undefined)).toBe(true);
  });

  it("of somebody else on the same phone is left alone", async () => {
    expect(await queue().flush("wang")).toBe(true);
    expect(server.answers.size).toBe(0);
  });

  it("is sent once by two flushes at a time", async () => {
    const one = queue();
    await Promise.all([one.flush("chef"), one.flush("chef")]);
    expect(sent).toEqual(["chef/o1"]);
  });
});

describe("a draft", () => {
  const draft = newDraft("chef", "o1", "key-1", 0);
  it("keeps its key while it is written, and gets another after it may have been sent", () => {
    expect(changed(draft, { text: "a" }, "key-2", 5)).toMatchObject({ text: "a", key: "key-1", state: "draft", savedMs: 5 });
    expect(changed({ ...draft, state: "waiting" }, { text: "b" }, "key-2", 5)).toMatchObject({ key: "key-2", state: "draft" });
    expect(changed({ ...draft, state: "refused", why: "no" }, {}, "key-2", 5)).toMatchObject({ key: "key-2", why: "" });
  });
  it("is empty without words and photos, and is one of an account", () => {
    expect([isEmpty(draft), isEmpty({ ...draft, text: " x" })]).toEqual([true, false]);
    expect(draftId("chef", "o1")).not.toBe(draftId("wang", "o1"));
  });
});
