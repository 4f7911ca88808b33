/**
 * One talk: the browser's microphone to a camera, from choosing it until it ends.
 *
 * What is heard about it becomes facts (`talkState`), and every fact is followed by one look whether the intercom has to
 * be asked for something: one request at a time, and the last wish wins. The data channel says what changes; where it is
 * quiet, or the camera's report is waited for, the talk is asked once a second.
 */

import { call, Offline, Problem } from "@/api/client";
import { offerTo } from "@/webrtc/exchange";
import type { Microphone } from "./microphone";
import { ofGateway } from "./reasons";
import { BEGIN, isOpenMouthed, next, wanted, type Failure, type Priority, type TalkEvent, type TalkFacts, type TalkStatus } from "./talkState";

/** = how long the network is tried before ICE is said to have failed; the intercom gives up after 10 s */
const CONNECT_LIMIT_MS = 12_000;
const LOOK_EVERY_MS = 1000;
/** = how long ending may hold up what comes after it */
const END_LIMIT_MS = 2000;

export interface TalkCallOptions {
  camera: string;
  priority: Priority;
  microphone: Microphone;
  isWorded(code: string): boolean;
  onFacts(facts: TalkFacts): void;
}

export class TalkCall {
  facts: TalkFacts = { ...BEGIN, hasMicrophone: true };
  private readonly peer = new RTCPeerConnection();
  private readonly channel = this.peer.createDataChannel("talk");
  /** /api/v1/talks/{talk}; empty until there is one. */
  private location = "";
  private isAsking = false;
  private isClosed = false;
  private timer = 0;
  private limit = 0;

  constructor(private readonly options: TalkCallOptions) {
    this.peer.addTransceiver(options.microphone.sent, { direction: "sendonly" });
    this.peer.onconnectionstatechange = () => this.onConnection();
    this.channel.onmessage = (event: MessageEvent<string>) => this.onTold(event.data);
    this.channel.onclose = () => void this.look();
  }

  async open(): Promise<void> {
    const query = new URLSearchParams({ prepare: "true", priority: this.options.priority });
    try {
      const path = `/cameras/${encodeURIComponent(this.options.camera)}/talk?${query}`;
      const answered = await offerTo(this.peer, path);
      this.location = answered.location;
      if (this.isClosed) {
        await this.end(); // it was given up while the intercom opened it
        return;
      }
      await this.peer.setRemoteDescription({ type: "answer", sdp: answered.sdp });
    } catch (error) {
      this.fail(ofGateway(error, this.options.isWorded));
      return;
    }
    if (this.isClosed) return;
    this.limit = window.setTimeout(() => this.giveUp(), CONNECT_LIMIT_MS);
    this.timer = window.setInterval(() => {
      const isQuiet = this.channel.readyState !== "open";
      if (isQuiet || this.facts.status?.state === "talking") void this.look();
    }, LOOK_EVERY_MS);
  }

  /** Press and release. */
  hold(isHeld: boolean): void {
    this.hear({ kind: "held", isHeld });
  }

  /** The microphone was lost, another window took the talk over. */
  fail(failure: Failure): void {
    this.hear({ kind: "failed", failure });
  }

  /** Over, whatever was going on; resolves when the intercom knows, or cannot be told. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.end();
  }

  /** The page goes away, and nothing that is waited for may happen any more: where the request is lost with it, the
   * connection's own end is heard. */
  leave(): void {
    void this.close();
    this.peer.close();
  }

  private hear(event: TalkEvent): void {
    if (this.isClosed) return;
    const hadFailed = this.facts.failure !== null;
    this.facts = next(this.facts, event);
    this.options.microphone.sent.enabled = isOpenMouthed(this.facts);
    this.options.onFacts(this.facts);
    if (this.facts.failure === null) {
      void this.ask();
    } else if (!hadFailed) {
      if (this.facts.status?.state === "ended") this.location = "";
      void this.end();
    }
  }

  /** One request at a time, until what is wanted is so. */
  private async ask(): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      for (let wish = wanted(this.facts); wish !== null && !this.isClosed; wish = wanted(this.facts)) {
        await this.change(wish);
      }
    } finally {
      this.isAsking = false;
    }
  }

  private async change(isTalking: boolean): Promise<void> {
    try {
      const status = await call<TalkStatus>("PATCH", this.path, { is_talking: isTalking, may_wait: isTalking });
      this.hear({ kind: "told", status });
    } catch (error) {
      // Taken, or over: the status says by whom, and why.
      const isTold = error instanceof Problem && (error.status === 409 || error.status === 503) && (await this.look());
      if (isTold && error.code === "floor_taken") this.hear({ kind: "refused" });
      else if (!isTold || this.facts.failure === null) this.fail(ofGateway(error, this.options.isWorded));
    }
  }

  /** Ask how it is; whether something was told. */
  private async look(): Promise<boolean> {
    if (this.isClosed || this.location === "" || this.facts.failure !== null) return false;
    try {
      this.hear({ kind: "told", status: await call<TalkStatus>("GET", this.path) });
      return true;
    } catch (error) {
      if (error instanceof Problem && error.status === 404) this.fail(ofGateway(error, this.options.isWorded));
      else if (!(error instanceof Problem) && !(error instanceof Offline)) throw error;
      return false; // sound goes another way than requests: a request that fails does not end it
    }
  }

  private onTold(text: string): void {
    const status = parseStatus(text);
    if (status !== null) this.hear({ kind: "told", status });
  }

  private onConnection(): void {
    const state = this.peer.connectionState;
    const isUp = state === "connected";
    if (isUp) window.clearTimeout(this.limit);
    if (isUp !== this.facts.isConnected) this.hear({ kind: "connection", isUp });
    if (state === "failed") void this.lookOrFail();
  }

  /** The intercom may have ended it, and then it knows why. */
  private async lookOrFail(): Promise<void> {
    const wasUp = this.facts.status !== null && this.facts.status.state !== "preparing";
    await this.look();
    this.fail({ code: wasUp ? "connection_lost" : "ice_failed", detail: "" });
  }

  private giveUp(): void {
    if (!this.facts.isConnected) void this.lookOrFail();
  }

  private get path(): string {
    return this.location.replace(/^.*\/api\/v1/, "");
  }

  /** Silent at once; closed when the intercom knows, so that it hears of an end and not of a broken line. */
  private async end(): Promise<void> {
    const location = this.location;
    this.location = "";
    window.clearInterval(this.timer);
    window.clearTimeout(this.limit);
    this.options.microphone.sent.enabled = false;
    this.channel.onclose = null;
    this.peer.onconnectionstatechange = null;
    try {
      // keepalive: it is told even while the page goes away.
      const signal = AbortSignal.timeout(END_LIMIT_MS);
      if (location !== "") await fetch(location, { method: "DELETE", keepalive: true, signal });
    } catch {
      // The connection is closed all the same, and the intercom notices that.
    } finally {
      this.peer.close();
    }
  }
}

/** null for what a newer intercom says and we do not know. */
export function parseStatus(text: string): TalkStatus | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const isStatus = typeof value === "object" && value !== null && "state" in value && "talk" in value;
  return isStatus ? (value as TalkStatus) : null;
}
