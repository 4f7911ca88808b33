/** The drafts of whoever is logged in, and their sending, for the whole console: one queue a window. */

import { onBeforeUnmount, onMounted, reactive, ref } from "vue";
import { user } from "@/session";
import { loop, type Order } from "../api";
import { AnswerQueue } from "./answerQueue";
import { changed, draftId, newDraft, type Change, type Draft } from "./draft";
import { draftStore } from "./draftStore";

/** A browser says "online" when there is a network, which may still lead nowhere. */
const RETRY_MS = 10_000;
const LOCK = "bk-answers";

/** By order. */
const drafts = reactive<Record<string, Draft>>({});
const sentMs = reactive<Record<string, number>>({});
const sending = ref<string | null>(null);
const listeners = new Set<(order: Order) => void>();
let saving: Promise<void> = Promise.resolve();

const queue = new AnswerQueue(draftStore, {
  addPhoto: loop.addPhoto,
  answer: (draft, photos) => loop.step(draft.order, { action: draft.action, text: draft.text, photos }, draft.key),
}, {
  sending: (id) => (sending.value = id),
  changed: (draft) => (drafts[draft.order] = draft),
  sent: (draft, order) => {
    delete drafts[draft.order];
    sentMs[draft.order] = Date.now();
    for (const tell of listeners) tell(order);
  },
});

const me = () => user.value?.name ?? "";

/** Saved in the order of writing, so that the last letter is the last. */
function save(draft: Draft): Promise<void> {
  // A store takes plain values, not what the page watches.
  const photos = draft.photos.map(({ id, blob, sent }) => ({ id, blob, ...(sent === undefined ? {} : { sent: { ...sent } }) }));
  const plain: Draft = { ...draft, photos };
  // One that could not be kept (a full phone) must not keep the next one from being.
  saving = saving.catch(() => undefined).then(() => draftStore.put(plain));
  return saving;
}

async function load(): Promise<void> {
  for (const draft of Object.values(drafts)) if (draft.user !== me()) delete drafts[draft.order];
  for (const draft of await draftStore.of(me())) drafts[draft.order] ??= draft;
}

async function flush(): Promise<void> {
  if (me() === "") return;
  await saving;
  // Two windows of one phone: one of them sends. Without locks (no secure context) the key still makes it one answer.
  if (!("locks" in navigator)) await queue.flush(me());
  else await navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock === null ? undefined : queue.flush(me())));
}

function write(order: string, change: Change): void {
  const before = drafts[order] ?? newDraft(me(), order, newKey(), Date.now());
  drafts[order] = changed(before, change, newKey(), Date.now());
  delete sentMs[order];
  void save(drafts[order]);
}

async function submit(order: string): Promise<void> {
  const draft = drafts[order];
  if (draft === undefined) return;
  draft.state = "waiting";
  await save(draft);
  await flush();
}

async function discard(order: string): Promise<void> {
  delete drafts[order];
  await saving;
  await draftStore.remove(draftId(me(), order));
}

/** crypto.randomUUID is there only in secure contexts. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Args: onSent: an answer has arrived; the order as it is now. */
export function useAnswers(onSent: (order: Order) => void) {
  let timer = 0;
  const tryNow = () => void flush();
  onMounted(async () => {
    listeners.add(onSent);
    window.addEventListener("online", tryNow);
    timer = window.setInterval(() => {
      if (Object.values(drafts).some((draft) => draft.state === "waiting")) tryNow();
    }, RETRY_MS);
    await load();
    await flush();
  });
  onBeforeUnmount(() => {
    listeners.delete(onSent);
    window.removeEventListener("online", tryNow);
    window.clearInterval(timer);
  });
  return { drafts, sentMs, sending, write, submit, discard };
}
