/**
 * One broadcast: opened with what is to be said, warmed up, pressed, released, ended. Receipts are asked for while it
 * lasts, and once more where the data channel says that something changed.
 */

import { Offline, Problem } from "@/api/client";
import type { Microphone } from "@/talk/microphone";
import { gathered } from "@/webrtc/exchange";
import { broadcasts, type Broadcast, type Priority } from "./api";

const LOOK_EVERY_MS = 700;
const END_LIMIT_MS = 2000;

export interface Wanted {
  cameras: string[];
  priority: Priority;
  reason: string;
  /** Exactly one of these three. */
  microphone?: Microphone;
  announcement?: string;
  text?: { text: string; language: "zh-CN" | "en" };
}

export class BroadcastCall {
  private id = "";
  private isClosed = false;
  private isAsking = false;
  private isPressed = false;
  private isWanted = false;
  private timer = 0;
  private readonly peer: RTCPeerConnection | null;

  /** `onStatus`: every change; `onTrouble`: what was refused, in the server's words. */
  constructor(
    private readonly wanted: Wanted,
    private readonly onStatus: (status: Broadcast) => void,
    private readonly onTrouble: (error: unknown) => void,
  ) {
    this.peer = wanted.microphone === undefined ? null : new RTCPeerConnection();
  }

  /** Connects to every camera; nothing is played before a press. */
  async open(): Promise<void> {
    const { cameras, priority, reason, announcement, text, microphone } = this.wanted;
    const body: Record<string, unknown> = { to: { cameras }, priority, reason, prepare: true, ...text };
    if (announcement !== undefined) body["announcement"] = announcement;
    try {
      if (this.peer !== null && microphone !== undefined) {
        this.peer.addTransceiver(microphone.sent, { direction: "sendonly" });
        this.peer.createDataChannel("broadcast").onmessage = () => void this.look();
        await this.peer.setLocalDescription();
        await gathered(this.peer);
        body["offer"] = this.peer.localDescription?.sdp ?? "";
      }
      const opened = await broadcasts.open(body);
      this.id = opened.id;
      if (this.isClosed) return void (await this.end());
      this.onStatus(opened);
      if (this.peer !== null) await this.peer.setRemoteDescription({ type: "answer", sdp: opened.answer ?? "" });
    } catch (error) {
      this.onTrouble(error);
      return;
    }
    if (this.isClosed) return;
    this.timer = window.setInterval(() => void this.look(), LOOK_EVERY_MS);
    void this.ask();
  }

  /** The last wish wins; one request at a time. */
  speak(isWanted: boolean): void {
    this.isWanted = isWanted;
    void this.ask();
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.end();
  }

  private async ask(): Promise<void> {
    if (this.isAsking || this.id === "") return;
    this.isAsking = true;
    try {
      while (this.isWanted !== this.isPressed && !this.isClosed) {
        const wish = this.isWanted;
        // Heard from the first word: the worker keeps what comes before the common start.
        this.openMouth(wish);
        this.onStatus(await broadcasts.speak(this.id, wish));
        this.isPressed = wish;
      }
    } catch (error) {
      this.isWanted = this.isPressed = false;
      this.openMouth(false);
      this.onTrouble(error);
    } finally {
      this.isAsking = false;
    }
  }

  /** The page goes away, and nothing that is waited for may happen any more. */
  leave(): void {
    void this.close();
    this.peer?.close();
  }

  private openMouth(isOpen: boolean): void {
    if (this.wanted.microphone !== undefined) this.wanted.microphone.sent.enabled = isOpen;
  }

  private async look(): Promise<void> {
    if (this.isClosed || this.id === "") return;
    try {
      const status = await broadcasts.one(this.id);
      if (this.isClosed) return;
      if (status.state === "ended") this.stop();
      this.onStatus(status);
    } catch (error) {
      // Sound goes another way than questions: one that fails does not end it. One that is gone is gone.
      if (error instanceof Problem && error.status === 404) {
        this.stop();
        this.onTrouble(error);
      } else if (!(error instanceof Problem) && !(error instanceof Offline)) throw error;
    }
  }

  private stop(): void {
    window.clearInterval(this.timer);
    this.isClosed = true;
    this.openMouth(false);
    this.peer?.close();
  }

  private async end(): Promise<void> {
    window.clearInterval(this.timer);
    this.openMouth(false);
    const id = this.id;
    this.id = "";
    try {
      const signal = AbortSignal.timeout(END_LIMIT_MS);
      if (id !== "") await fetch(`/api/v1/broadcasts/${encodeURIComponent(id)}`, { method: "DELETE", keepalive: true, signal });
    } catch {
      // The worker notices that nobody is there any more.
    } finally {
      this.peer?.close();
    }
  }
}
