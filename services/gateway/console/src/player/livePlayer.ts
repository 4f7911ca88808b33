/**
 * One camera in one <video>: WebSocket of fragments into MediaSource, kept close to the newest picture.
 *
 * The socket is opened before anything else, MediaSource beside it; the GOP so far comes at once and is appended as it
 * comes. Its IDR is shown as soon as it is decoded; then one seek to the newest picture, and from there on only the
 * playback rate keeps close. A lost camera or socket never leaves a picture behind that looks live: the owner is told
 * and covers it.
 */

import { AppendQueue, joined, KEEP_BEHIND_S, type Waiting } from "./appendQueue";
import { parseMessage, type FragmentMessage, type StateMessage, type StreamMessage } from "./messages";
import { PaceKeeper, START_S } from "./pace";
import { RunTimeline } from "./runTimeline";

export type PlayerPhase = "connecting" | "playing" | "lost" | "unsupported" | "denied" | "closed";

export interface PlayerState {
  phase: PlayerPhase;
  /** Stable code: the camera's reason_code, or no_connection, no_fragments, decode_error, codec, close code text. */
  reasonCode: string | null;
  sinceMs: number;
}

export interface PlayerFigures {
  requestedAt: number;
  firstPictureMs: number | null;
  latencyMs: number | null;
  droppedFrames: number;
  totalFrames: number;
  run: string | null;
  behindMs: number | null;
  rate: number;
}

export interface PlayerEvents {
  onState(state: PlayerState): void;
}

const TICK_MS = 50;
const SILENCE_MS = 3000;
const STALL_MS = 1500;
/** = how long the first picture may take before the newest is gone to without having shown it */
const FIRST_PICTURE_MS = 400;
/** = of what comes at once, how much the decoder gets before it has shown a picture; the rest would keep it waiting */
const PRIMING_S = 0.2;
/** Behind by less than this after the first picture, the playback rate catches up sooner than a seek would. */
const SEEK_BEHIND_S = 0.35;
/** = of how many fragments that are not in the buffer it is known where they lie; a codec that it refuses takes none */
const PLACED_MOST = 600;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8000;
const TRIM_EVERY_MS = 2000;
/** Close codes of the gateway after which trying again changes nothing. */
const FINAL_CODES = new Map([
  [4401, "login_ended"],
  [4403, "forbidden"],
  [4404, "no_such_camera"],
]);

type AnyMediaSource = MediaSource;
declare const ManagedMediaSource: (new () => MediaSource) | undefined;

function mediaSourceClass(): (new () => AnyMediaSource) | null {
  if (typeof MediaSource !== "undefined") return MediaSource;
  // iPhones have only this one.
  if (typeof ManagedMediaSource !== "undefined") return ManagedMediaSource;
  return null;
}

/** Sample entries that this browser decodes, for the gateway to choose a stream by. */
export function decodableCodecs(): string {
  return isSupported('video/mp4; codecs="hvc1.1.6.L123.B0"') ? "avc1,hvc1" : "avc1";
}

export class LivePlayer {
  private socket: WebSocket | null = null;
  private source: AnyMediaSource | null = null;
  private buffer: SourceBuffer | null = null;
  private objectUrl: string | null = null;
  private queue = new AppendQueue();
  private timeline = new RunTimeline();
  private pace = new PaceKeeper();
  /** Where fragments lie that came and are not in the buffer yet. */
  private placed: { from: number; to: number }[] = [];
  private stream: StreamMessage | null = null;
  private next: FragmentMessage | null = null;
  private mime = "";
  private hasStarted = false;
  private isPrimed = false;
  private hasCaughtUp = false;
  private startedAt = 0;
  /** On the media timeline: pictures before it came before the camera was lost, and do not make it live again. */
  private liveFrom = 0;
  private isClosed = false;
  private timer: number | null = null;
  private retryTimer: number | null = null;
  private retryMs = FIRST_RETRY_MS;
  private lastFragmentAt = 0;
  private lastMovedAt = 0;
  private lastPosition = -1;
  private trimmedAt = 0;
  private skewUs = Number.POSITIVE_INFINITY;
  private state: PlayerState = { phase: "connecting", reasonCode: null, sinceMs: Date.now() };
  readonly figures: PlayerFigures = {
    requestedAt: 0, firstPictureMs: null, latencyMs: null, droppedFrames: 0, totalFrames: 0, run: null,
    behindMs: null, rate: 1,
  };

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly url: string,
    private readonly events: PlayerEvents,
  ) {
    video.playsInline = true;
    video.disableRemotePlayback = true;
    this.connect();
    this.timer = window.setInterval(() => this.tick(), TICK_MS);
    this.watchFrames();
  }

  close(): void {
    this.isClosed = true;
    if (this.timer !== null) window.clearInterval(this.timer);
    if (this.retryTimer !== null) window.clearTimeout(this.retryTimer);
    this.drop();
    this.video.removeAttribute("src");
    this.video.load();
  }

  private connect(): void {
    this.figures.requestedAt = performance.now();
    this.figures.firstPictureMs = null;
    this.lastFragmentAt = performance.now();
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.openSource();
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (socket !== this.socket) return;
      if (typeof event.data === "string") this.hear(event.data);
      else this.take(new Uint8Array(event.data));
    };
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      const final = FINAL_CODES.get(event.code);
      if (final !== undefined) {
        this.say("denied", final);
        this.drop();
      } else {
        this.say("lost", this.state.phase === "lost" ? (this.state.reasonCode ?? "no_connection") : "no_connection");
        this.retryLater();
      }
    };
  }

  private openSource(): void {
    const Source = mediaSourceClass();
    if (Source === null) {
      this.say("unsupported", "no_media_source");
      return;
    }
    const source = new Source();
    this.source = source;
    this.objectUrl = URL.createObjectURL(source as MediaSource);
    source.addEventListener("sourceopen", () => this.pump(), { once: true });
    this.video.src = this.objectUrl;
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    if (socket !== null) {
      socket.onclose = null;
      socket.close();
    }
    this.source = null;
    this.buffer = null;
    this.queue.clear();
    this.timeline = new RunTimeline();
    this.pace.reset();
    this.placed = [];
    this.stream = null;
    this.next = null;
    this.mime = "";
    this.hasStarted = false;
    this.isPrimed = false;
    this.hasCaughtUp = false;
    this.liveFrom = 0;
    this.figures.latencyMs = null;
    if (this.objectUrl !== null) URL.revokeObjectURL(this.objectUrl);
    this.objectUrl = null;
  }

  private retryLater(): void {
    this.drop();
    if (this.isClosed || this.retryTimer !== null) return;
    const delay = this.retryMs * (0.75 + Math.random() / 2);
    this.retryMs = Math.min(LAST_RETRY_MS, this.retryMs * 2);
    this.retryTimer = window.setTimeout(() => {
      this.retryTimer = null;
      if (!this.isClosed) this.connect();
    }, delay);
  }

  private hear(text: string): void {
    const message = parseMessage(text);
    if (message === null) return;
    if (message.type === "fragment") this.next = message;
    else if (message.type === "stream") this.stream = message;
    else if (message.type === "state") this.hearState(message);
  }

  private hearState(message: StateMessage): void {
    if (message.condition === "online") return; // pictures will say so
    this.say("lost", message.reason_code, message.since_us / 1000);
  }

  private take(bytes: Uint8Array<ArrayBuffer>): void {
    const fragment = this.next;
    if (fragment === null || this.stream === null) return;
    this.next = null;
    this.lastFragmentAt = performance.now();
    this.skewUs = Math.min(this.skewUs, Date.now() * 1000 - fragment.received_us);
    const { isNewRun, from, to } = this.timeline.place(fragment);
    if (isNewRun) {
      this.figures.run = fragment.run;
      // Its pictures lie directly behind the last, however long the camera was away: when those came says nothing now.
      this.pace.reset();
      this.placed = [];
    }
    this.placed.push({ from, to });
    if (this.placed.length > PLACED_MOST) this.placed.shift();
    const run = isNewRun ? { offset: this.timeline.offset, mime: this.stream.mime } : null;
    if (!this.queue.push(bytes, run)) {
      this.say("lost", "decode_error");
      this.retryLater();
      return;
    }
    this.pump();
  }

  private pump(): void {
    const source = this.source;
    if (source === null || source.readyState !== "open") return;
    if (this.buffer !== null && this.buffer.updating) return;
    if (!this.hasStarted) this.start();
    const isPriming = this.hasStarted && !this.isPrimed;
    if (isPriming && this.bufferedSeconds() >= PRIMING_S) return;
    const waiting = isPriming ? this.queue.takeOne() : this.queue.take();
    if (waiting === null) return;
    try {
      if (waiting.run !== null && !this.beginRun(source, waiting.run)) return;
      this.buffer?.appendBuffer(joined(waiting.bytes, waiting.size));
    } catch (error) {
      this.onAppendError(error, waiting);
    }
  }

  private beginRun(source: AnyMediaSource, run: NonNullable<Waiting["run"]>): boolean {
    if (!isSupported(run.mime)) {
      this.say("unsupported", "codec");
      return false;
    }
    if (this.buffer === null) {
      const buffer = source.addSourceBuffer(run.mime);
      buffer.mode = "segments";
      buffer.addEventListener("updateend", () => this.onUpdateEnd());
      buffer.addEventListener("error", () => {
        this.say("lost", "decode_error");
        this.retryLater();
      });
      this.buffer = buffer;
    } else if (this.mime !== run.mime) {
      this.buffer.changeType(run.mime);
    }
    this.mime = run.mime;
    if (this.buffer.timestampOffset !== run.offset) this.buffer.timestampOffset = run.offset;
    return true;
  }

  private onAppendError(error: unknown, waiting: Waiting): void {
    if (error instanceof DOMException && error.name === "QuotaExceededError" && this.buffer !== null) {
      this.queue.putBack(waiting);
      const keepFrom = this.video.currentTime - 1;
      if (keepFrom > 0 && !this.buffer.updating) this.buffer.remove(0, keepFrom);
      return;
    }
    this.say("lost", "decode_error");
    this.retryLater();
  }

  private onUpdateEnd(): void {
    this.pump();
    if (this.buffer?.updating === false) this.arrived();
    if (this.isPrimed && !this.hasCaughtUp && this.buffer?.updating === false) this.catchUp();
    this.trim();
  }

  /** All that came is in the buffer now. */
  private arrived(): void {
    const now = performance.now();
    if (this.hasCaughtUp && !this.video.seeking) {
      for (const { from, to } of this.placed) this.pace.arrived(now, from, to, this.video.currentTime);
    }
    this.placed = [];
  }

  /** The IDR is there, and maybe more: begin with it. */
  private start(): void {
    const range = this.lastRange();
    if (range === null) return;
    this.hasStarted = true;
    this.startedAt = this.lastMovedAt = performance.now();
    if (this.video.currentTime < range.start) this.video.currentTime = range.start;
    this.play();
  }

  /** Where the browser lets no sound begin by itself the picture is what counts: the owner sees `volumechange`. */
  private play(): void {
    void this.video.play().catch((error: unknown) => {
      const isForbidden = error instanceof DOMException && error.name === "NotAllowedError";
      if (this.isClosed || this.video.muted || !isForbidden) return; // a closed one need not play
      this.video.muted = true;
      this.play();
    });
  }

  /** The first picture is there, or takes too long: now what else came at once, and then to the newest of it. */
  private primed(): void {
    this.isPrimed = true;
    this.pump();
    if (this.buffer?.updating === false) this.catchUp();
  }

  /** Once, after the first picture: from the IDR to the newest. */
  private catchUp(): void {
    const range = this.lastRange();
    if (range === null) return;
    this.hasCaughtUp = true;
    this.pace.reset();
    if (range.end - this.video.currentTime > SEEK_BEHIND_S) this.video.currentTime = range.end - START_S;
  }

  private trim(): void {
    const buffer = this.buffer;
    const now = performance.now();
    if (buffer === null || buffer.updating || now - this.trimmedAt < TRIM_EVERY_MS) return;
    const until = this.video.currentTime - KEEP_BEHIND_S;
    if (until > 1 && buffer.buffered.length > 0 && buffer.buffered.start(0) < until - 1) {
      this.trimmedAt = now;
      buffer.remove(0, until);
    }
  }

  private lastRange(): { start: number; end: number } | null {
    const ranges = this.buffer?.buffered;
    if (ranges === undefined || ranges.length === 0) return null;
    return { start: ranges.start(ranges.length - 1), end: ranges.end(ranges.length - 1) };
  }

  private bufferedSeconds(): number {
    const range = this.lastRange();
    return range === null ? 0 : range.end - range.start;
  }

  private tick(): void {
    const now = performance.now();
    if (this.socket !== null && this.state.phase !== "lost" && now - this.lastFragmentAt > SILENCE_MS) {
      this.say("lost", "no_fragments");
    }
    const range = this.hasStarted ? this.lastRange() : null;
    if (range === null) return;
    if (!this.hasCaughtUp) {
      if (!this.isPrimed && now - this.startedAt > FIRST_PICTURE_MS) this.primed();
      return;
    }
    if (this.video.seeking) return;
    const position = this.video.currentTime;
    if (position !== this.lastPosition) {
      this.lastPosition = position;
      this.lastMovedAt = now;
    } else if (now - this.lastMovedAt > STALL_MS && range.end - position > START_S) {
      // Something to play and nothing moves: a hole in the timeline, or a decoder that gave up.
      this.lastMovedAt = now;
      this.pace.reset();
      this.video.currentTime = range.end - START_S;
      this.play();
    }
    const decided = this.pace.decide(now, position, range.start, range.end);
    if ("seekTo" in decided) {
      this.video.currentTime = decided.seekTo;
    } else if (this.video.playbackRate !== decided.rate) {
      this.video.playbackRate = decided.rate;
    }
    this.figures.behindMs = Math.round((range.end - position) * 1000);
    this.figures.rate = this.video.playbackRate;
  }

  private watchFrames(): void {
    const onFrame = (_now: number, frame: VideoFrameCallbackMetadata) => {
      if (this.isClosed) return;
      this.onPicture(frame);
      this.video.requestVideoFrameCallback(onFrame);
    };
    this.video.requestVideoFrameCallback(onFrame);
  }

  private onPicture(frame: VideoFrameCallbackMetadata): void {
    if (this.figures.firstPictureMs === null && this.hasStarted) {
      this.figures.firstPictureMs = frame.presentationTime - this.figures.requestedAt;
    }
    if (this.hasStarted && !this.isPrimed) this.primed();
    const capturedUs = this.timeline.capturedAt(frame.mediaTime);
    if (capturedUs !== null) {
      // Where the clocks of this device and the server differ by more than any network delays, the difference is taken off.
      const skewUs = this.skewUs < 0 || this.skewUs > 1_000_000 ? this.skewUs : 0;
      this.figures.latencyMs = Math.max(0, Math.round(Date.now() - (capturedUs + skewUs) / 1000));
    }
    const quality = this.video.getVideoPlaybackQuality();
    this.figures.droppedFrames = quality.droppedVideoFrames;
    this.figures.totalFrames = quality.totalVideoFrames;
    if (this.hasCaughtUp) this.pace.drops(performance.now(), quality.droppedVideoFrames);
    if (frame.processingDuration !== undefined) this.pace.decoded(frame.mediaTime, frame.processingDuration);
    if (this.state.phase !== "playing" && this.hasStarted && frame.mediaTime >= this.liveFrom) {
      this.retryMs = FIRST_RETRY_MS;
      this.say("playing", null);
    }
  }

  private say(phase: PlayerPhase, reasonCode: string | null, sinceMs = Date.now()): void {
    if (this.isClosed || (this.state.phase === phase && this.state.reasonCode === reasonCode)) return;
    const isSamePhase = this.state.phase === phase && phase === "lost";
    if (phase === "lost") this.liveFrom = this.timeline.newest;
    this.state = { phase, reasonCode, sinceMs: isSamePhase ? Math.min(this.state.sinceMs, sinceMs) : sinceMs };
    this.events.onState(this.state);
  }
}

function isSupported(mime: string): boolean {
  const Source = mediaSourceClass() as unknown as { isTypeSupported(type: string): boolean } | null;
  return Source !== null && Source.isTypeSupported(mime);
}
