/** Sends what waits, each once, whenever there is a network. The store and the network are given. */

import { Offline, Problem } from "@/api/client";
import type { Order, Photo } from "../api";
import type { Draft } from "./draft";

export interface DraftStore {
  get(id: string): Promise<Draft | null>;
  put(draft: Draft): Promise<void>;
  remove(id: string): Promise<void>;
  of(user: string): Promise<Draft[]>;
}

export interface AnswerWire {
  addPhoto(order: string, photo: Blob): Promise<Photo>;
  answer(draft: Draft, photos: Photo[]): Promise<Order>;
}

export interface Told {
  /** The draft is being sent now; null: nothing is. */
  sending: (id: string | null) => void;
  changed: (draft: Draft) => void;
  sent: (draft: Draft, order: Order) => void;
}

export class AnswerQueue {
  private running: Promise<boolean> | null = null;

  constructor(
    private readonly store: DraftStore,
    private readonly wire: AnswerWire,
    private readonly told: Told,
  ) {}

  /** Sends all that waits. Returns whether nothing waits any more; never two at a time. */
  flush(user: string): Promise<boolean> {
    this.running ??= this.sendAll(user).finally(() => (this.running = null));
    return this.running;
  }

  private async sendAll(user: string): Promise<boolean> {
    for (const draft of await this.store.of(user)) {
      if (draft.state === "waiting" && !(await this.send(draft))) return false;
    }
    return true;
  }

  /** false: try again later. */
  private async send(draft: Draft): Promise<boolean> {
    this.told.sending(draft.id);
    try {
      const whole = await this.withPhotos(draft);
      const order = await this.wire.answer(whole, whole.photos.flatMap((photo) => photo.sent ?? []));
      await this.store.remove(draft.id);
      this.told.sent(whole, order);
      return true;
    } catch (error) {
      if (isForLater(error)) return false;
      if (!(error instanceof Problem)) throw error;
      const refused: Draft = { ...((await this.store.get(draft.id)) ?? draft), state: "refused", why: error.message };
      await this.store.put(refused);
      this.told.changed(refused);
      return true;
    } finally {
      this.told.sending(null);
    }
  }

  /** Each photo that has arrived is kept as arrived: a network that breaks again does not cost it twice. */
  private async withPhotos(draft: Draft): Promise<Draft> {
    let whole = draft;
    for (const photo of draft.photos) {
      if (photo.sent !== undefined) continue;
      const sent = await this.wire.addPhoto(draft.order, photo.blob);
      whole = { ...whole, photos: whole.photos.map((each) => (each.id === photo.id ? { ...each, sent } : each)) };
      await this.store.put(whole);
    }
    return whole;
  }
}

/** No network, a server that is busy or away, a login that ended, the same answer on its way: none of it is a no. */
export function isForLater(error: unknown): boolean {
  if (error instanceof Offline) return true;
  if (!(error instanceof Problem)) return false;
  return error.status >= 500 || [401, 408, 429].includes(error.status) || error.code === "idempotency_key_busy";
}
