import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventStream, waitMs } from "./eventStream";

/** A gateway: each connection is a stream that the test writes to. */
class Server {
  readonly asked: (string | undefined)[] = [];
  status = 200;
  private pipe: ReadableStreamDefaultController<Uint8Array> | null = null;

  readonly fetch = (async (_: unknown, init: RequestInit) => {
    this.asked.push((init.headers as Record<string, string>)["Last-Event-ID"]);
    if (this.status === 0) throw new TypeError("no network");
    const body = new ReadableStream<Uint8Array>({ start: (pipe) => void (this.pipe = pipe) });
    init.signal?.addEventListener("abort", () => this.pipe?.error(new DOMException("gone", "AbortError")));
    return new Response(body, { status: this.status });
  }) as unknown as typeof fetch;

  async say(name: string, id: string, data = "{}") {
    this.pipe?.enqueue(new TextEncoder().encode(`id: ${id}\nevent: ${name}\ndata: ${data}\n\n`));
    await settle();
  }

  async end() {
    this.pipe?.close();
    await settle();
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe("the stream of events", () => {
  let server: Server;
  let stream: EventStream;
  const heard: unknown[] = [];

  beforeEach(async () => {
    vi.useFakeTimers();
    heard.length = 0;
    server = new Server();
    stream = new EventStream(
      "/events",
      {
        onOpen: (isFresh) => heard.push(isFresh ? "fresh" : "resumed"),
        onEvent: (name, data) => heard.push([name, data]),
        onLost: (status) => heard.push(["lost", status]),
      },
      server.fetch,
      () => 1,
    );
  });
  afterEach(() => {
    stream.close();
    vi.useRealTimers();
  });

  it("goes on behind the newest it heard", async () => {
    stream.open();
    await settle();
    await server.say("hello", "a1");
    await server.say("alert_raised", "a2", '{"alert":"one"}');
    await server.end();
    await vi.advanceTimersByTimeAsync(1000);
    await server.say("hello", "a2");
    expect(heard).toEqual(["fresh", ["alert_raised", { alert: "one" }], ["lost", null], "resumed"]);
    expect(server.asked).toEqual([undefined, "a2"]);
  });

  it("begins anew when too much was missed", async () => {
    stream.open();
    await settle();
    await server.say("hello", "a1");
    await server.say("reset", "");
    await server.end();
    await vi.advanceTimersByTimeAsync(1000);
    await server.say("hello", "a9");
    expect(heard).toEqual(["fresh", ["lost", null], "fresh"]);
    expect(server.asked).toEqual([undefined, undefined]);
  });

  it("waits longer each time, and not when the network is back", async () => {
    server.status = 0;
    stream.open();
    await vi.advanceTimersByTimeAsync(1000 + 2000);
    expect(server.asked.length).toBe(3);
    await vi.advanceTimersByTimeAsync(3900);
    expect(server.asked.length).toBe(3);
    server.status = 200;
    stream.hurry();
    await settle();
    expect(server.asked.length).toBe(4);
  });

  it("says what was answered", async () => {
    server.status = 403;
    stream.open();
    await settle();
    expect(heard).toEqual([["lost", 403]]);
  });

  it("takes 45 s of silence for lost", async () => {
    stream.open();
    await settle();
    await server.say("hello", "a1");
    await vi.advanceTimersByTimeAsync(44_000);
    expect(heard).toEqual(["fresh"]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(heard).toEqual(["fresh", ["lost", null]]);
  });

  it("is silent once closed", async () => {
    stream.open();
    await settle();
    stream.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([heard, server.asked.length]).toEqual([[], 1]);
  });
});

it.each([[1, 0, 500], [1, 1, 1000], [3, 1, 4000], [30, 1, 20_000]])("after %i tries (chance %i): %i ms", (tries, chance, ms) => {
  expect(waitMs(tries, chance)).toBe(ms);
});
