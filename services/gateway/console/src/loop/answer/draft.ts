/** What a school is about to answer, from its first letter until the server has it. Pure. */

import type { Photo } from "../api";

/** draft: being written; waiting: to be sent as soon as there is a network; refused: the server said no, and why. */
export type DraftState = "draft" | "waiting" | "refused";

export interface DraftPhoto {
  id: string;
  blob: Blob;
  /** What the server answered: it is not sent again. */
  sent?: Photo;
}

export interface Draft {
  /** One for each order and account. */
  id: string;
  user: string;
  order: string;
  action: "answer" | "appeal";
  text: string;
  photos: DraftPhoto[];
  state: DraftState;
  /** The server takes an answer with the same key once. */
  key: string;
  why: string;
  savedMs: number;
}

export const PHOTOS_MAX = 9;

export function draftId(user: string, order: string): string {
  return `${user}/${order}`;
}

export function newDraft(user: string, order: string, key: string, nowMs: number): Draft {
  return { id: draftId(user, order), user, order, action: "answer", text: "", photos: [], state: "draft", key, why: "", savedMs: nowMs };
}

export type Change = Partial<Pick<Draft, "action" | "text" | "photos">>;

/**
 * Written on. What may have reached the server already is another answer from now on: under the old key the server would
 * take it for the same one, and the change would be lost.
 */
export function changed(draft: Draft, change: Change, key: string, nowMs: number): Draft {
  const isNew = draft.state !== "draft";
  return { ...draft, ...change, state: "draft", why: "", key: isNew ? key : draft.key, savedMs: nowMs };
}

export function isEmpty(draft: Draft): boolean {
  return draft.text.trim() === "" && draft.photos.length === 0;
}
