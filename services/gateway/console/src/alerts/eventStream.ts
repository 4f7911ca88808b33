/**
 * What happens, as the gateway tells it: one connection that comes back by itself and goes on where it was.
 *
 * Not the browser's EventSource: that one gives up at the first answer that is no stream, and does not notice a network
 * that died in silence. The gateway gives a sign of life every 10 s; without one the connection counts as lost.
 */

import { SseReader, type Told } from "./sse";

const FIRST_WAIT_MS = 1000;
/** = how long somebody may wait for the connection after the server is back */
const LONGEST_WAIT_MS = 20_000;
/** = how long a network may be silent before it counts as lost; four signs of life */
const SILENCE_MS = 45_000;

export interface StreamListener {
  /** It is open. `isFresh`: what happened before is not known, read the lists. */
  onOpen: (isFresh: boolean) => void;
  onEvent: (name: string, data: unknown) => void;
  /** It is lost, and is tried again. `status`: what was answered, null where nobody answered. */
  onLost: (status: number | null) => void;
}

/** How long to wait before the next try: doubled each time, and never all clients at one moment. */
export function waitMs(tries: number, chance: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, tries - 1)) * (0.5 + chance / 2);
}

export class EventStream {
  private place: string | null = null;
  private tries = 0;
  private abort: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly listener: StreamListener,
    private readonly fetcher: typeof fetch = (...args) => fetch(...args),
    private readonly chance: () => number = Math.random,
  ) {}

  open(): void {
    this.close();
    this.abort = new AbortController();
    void this.run(this.abort);
  }

  close(): void {
    clearTimeout(this.timer);
    clearTimeout(this.watchdog);
    this.abort?.abort();
    this.abort = null;
  }

  /** The network is said to be back: do not wait. */
  hurry(): void {
    if (this.timer !== undefined && this.abort !== null) this.open();
  }

  private async run(mine: AbortController): Promise<void> {
    this.timer = undefined;
    let status: number | null = null;
    try {
      this.watch(mine);
      const headers: HeadersInit = this.place === null ? {} : { "Last-Event-ID": this.place };
      const answer = await this.fetcher(this.url, { headers, signal: mine.signal, cache: "no-store" });
      status = answer.status;
      if (answer.ok && answer.body !== null) await this.read(answer.body, mine);
      else await answer.body?.cancel();
    } catch {
      // Lost, or given up: both end below.
    }
    if (mine !== this.abort) return; // closed, or opened anew
    clearTimeout(this.watchdog);
    this.tries++;
    this.timer = setTimeout(() => this.open(), waitMs(this.tries, this.chance()));
    this.listener.onLost(status === 200 ? null : status);
  }

  private async read(body: ReadableStream<Uint8Array>, mine: AbortController): Promise<void> {
    const pieces = body.getReader();
    const text = new TextDecoder();
    const reader = new SseReader();
    for (;;) {
      const { done, value } = await pieces.read();
      if (done || mine !== this.abort) return;
      this.watch(mine);
      for (const told of reader.feed(text.decode(value, { stream: true }))) this.hear(told);
    }
  }

  private hear(told: Told): void {
    if (told.name === "reset") {
      this.place = null;
      return;
    }
    if (told.name === "hello") {
      this.tries = 0;
      const isFresh = this.place === null;
      this.place = told.id;
      this.listener.onOpen(isFresh);
      return;
    }
    if (told.name !== "") this.listener.onEvent(told.name, JSON.parse(told.data));
    // After it was taken in: what broke in between comes again rather than never.
    this.place = told.id ?? this.place;
  }

  private watch(mine: AbortController): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => mine.abort(), SILENCE_MS);
  }
}
