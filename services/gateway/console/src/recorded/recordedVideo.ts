/** One camera's recording in a video element: show a moment, play, step; hls.js fetches and feeds. */

import Hls, { Events, type ErrorData, type LevelDetails } from "hls.js/light";
import type { Purpose } from "@/purpose";
import { pictureAfter, pictureTimes } from "./pictureTimes";
import { momentAt, placeOf, stretchAround, type Piece } from "./wallClock";

export type Phase = "empty" | "loading" | "ready" | "nothing" | "failed";

export interface Figures {
  /** From asking for a moment to its picture on the screen; milliseconds. */
  firstFrameMs: number | null;
  phase: Phase;
}

const RETRIES = 3;
/** GOPs whose pictures are known; more than what is kept buffered. */
const KNOWN_GOPS = 120;
/** A step where no picture is known yet; seconds. */
const BLIND_STEP_S = 0.04;

export class RecordedVideo {
  readonly figures: Figures = { firstFrameMs: null, phase: "empty" };
  private hls: Hls | null = null;
  private pieces: Piece[] = [];
  /** By when a GOP was filmed (where it lies in the player's timeline may be corrected): when its pictures come. */
  private readonly pictures = new Map<number, number[]>();
  private stretch: { fromMs: number; toMs: number | null } | null = null;
  private wantedMs: number | null = null;
  private askedAt = 0;
  private retries = 0;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly camera: string,
    private readonly onPhase: (phase: Phase) => void,
    private readonly purpose: Purpose | null = null,
  ) {}

  /** The moment on the screen, milliseconds UTC. */
  get atMs(): number | null {
    if (this.wantedMs !== null) return this.wantedMs;
    return momentAt(this.pieces, this.video.currentTime);
  }

  /** What is loaded ends here; null where nothing is. */
  get endMs(): number | null {
    const last = this.pieces[this.pieces.length - 1];
    return last === undefined ? null : last.atMs + last.duration * 1000;
  }

  /** Show that moment, or where pictures go on after it. */
  show(ms: number): void {
    this.askedAt = performance.now();
    this.figures.firstFrameMs = null;
    this.wantedMs = ms;
    const there = this.pieces.length > 0 && this.isLoaded(ms) ? placeOf(this.pieces, ms) : null;
    if (there !== null && this.hls !== null) this.seek(there);
    else this.load(ms);
  }

  play(rate: number): void {
    this.video.playbackRate = rate;
    // A browser may refuse to play before the first click; the next click on play will do.
    void this.video.play().catch(() => undefined);
  }

  pause(): void {
    this.video.pause();
  }

  /** So many pictures on, or back where negative. */
  step(pictures: number): void {
    this.video.pause();
    const shown = this.video.currentTime;
    const found = pictureAfter(this.picturesAround(shown), shown, pictures);
    this.video.currentTime = Math.max(0, found ?? shown + pictures * BLIND_STEP_S);
  }

  close(): void {
    this.hls?.destroy();
    this.hls = null;
    this.pieces = [];
    this.video.removeAttribute("src");
    this.video.load();
  }

  /** The pictures of the GOP shown and of those beside it, in the player's timeline. */
  private picturesAround(seconds: number): number[] {
    const index = this.pieces.findIndex((one) => seconds < one.start + one.duration);
    const near = this.pieces.slice(Math.max(0, index - 1), index + 2);
    return near.flatMap((one) => (this.pictures.get(one.atMs) ?? []).map((time) => one.start + time));
  }

  private learn(atMs: number, payload: ArrayBuffer): void {
    this.pictures.set(atMs, pictureTimes(payload));
    const oldest = this.pictures.keys().next();
    if (this.pictures.size > KNOWN_GOPS && !oldest.done) this.pictures.delete(oldest.value);
  }

  private isLoaded(ms: number): boolean {
    if (this.stretch === null) return false;
    return ms >= this.stretch.fromMs && (this.stretch.toMs === null || ms < this.stretch.toMs);
  }

  private load(ms: number): void {
    this.hls?.destroy();
    this.pieces = [];
    this.pictures.clear();
    this.setPhase("loading");
    const stretch = (this.stretch = stretchAround(ms, Date.now()));
    const query = new URLSearchParams({ start: new Date(stretch.fromMs).toISOString() });
    if (stretch.toMs !== null) query.set("end", new Date(stretch.toMs).toISOString());
    if (this.purpose !== null) query.set("purpose", this.purpose);
    const hls = (this.hls = new Hls({
      autoStartLoad: false,
      maxBufferLength: 15,
      maxMaxBufferLength: 60,
      backBufferLength: 60,
      // The picture that was asked for, not one near it.
      nudgeMaxRetry: 5,
      manifestLoadPolicy: policy(8000),
      playlistLoadPolicy: policy(8000),
      fragLoadPolicy: policy(15_000),
    }));
    // A media playlist comes with its manifest: what is in it is known before anything is loaded.
    hls.on(Events.MANIFEST_PARSED, (_, data) => {
      const details = data.levels[0]?.details;
      if (details !== undefined) this.onList(hls, details);
    });
    hls.on(Events.LEVEL_UPDATED, (_, data) => (this.pieces = piecesOf(data.details)));
    hls.on(Events.FRAG_LOADED, (_, data) => {
      if (data.frag.sn !== "initSegment") this.learn(data.frag.programDateTime ?? 0, data.payload);
    });
    hls.on(Events.ERROR, (_, data) => this.onError(hls, data));
    hls.attachMedia(this.video);
    hls.loadSource(`/api/v1/cameras/${this.camera}/playback.m3u8?${query}`);
  }

  private onList(hls: Hls, details: LevelDetails): void {
    const isFirst = this.pieces.length === 0;
    this.pieces = piecesOf(details);
    if (!isFirst || this.wantedMs === null) return;
    const place = placeOf(this.pieces, this.wantedMs) ?? Math.max(0, (this.pieces.at(-1)?.start ?? 0) + 0.01);
    hls.startLoad(place);
    this.seek(place);
  }

  private seek(place: number): void {
    const video = this.video;
    const shown = () => {
      this.figures.firstFrameMs = performance.now() - this.askedAt;
      this.wantedMs = null;
      this.retries = 0;
      this.setPhase("ready");
    };
    // "seeked" is told when the picture of the new place is there (HTML, 4.8.11.9); two frames later it is painted.
    const whenSeeked = () => {
      if (document.hidden) shown();
      else requestAnimationFrame(() => requestAnimationFrame(shown));
    };
    if (video.readyState >= HTMLMediaElement.HAVE_METADATA) {
      video.addEventListener("seeked", whenSeeked, { once: true });
      video.currentTime = place;
    } else {
      video.addEventListener(
        "loadedmetadata",
        () => {
          video.addEventListener("seeked", whenSeeked, { once: true });
          video.currentTime = place;
        },
        { once: true },
      );
    }
  }

  private onError(hls: Hls, data: ErrorData): void {
    if (!data.fatal || hls !== this.hls) return;
    if (data.response?.code === 404) {
      this.setPhase("nothing");
      this.wantedMs = null;
      return;
    }
    this.retries += 1;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && this.retries <= RETRIES) {
      hls.recoverMediaError();
      return;
    }
    this.setPhase("failed");
  }

  private setPhase(phase: Phase): void {
    if (this.figures.phase === phase) return;
    this.figures.phase = phase;
    this.onPhase(phase);
  }
}

function piecesOf(details: LevelDetails): Piece[] {
  return details.fragments
    .filter((one) => one.programDateTime !== null)
    .map((one) => ({ start: one.start, duration: one.duration, atMs: one.programDateTime ?? 0 }));
}

function policy(limitMs: number) {
  return {
    default: {
      maxTimeToFirstByteMs: limitMs,
      maxLoadTimeMs: limitMs * 2,
      timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
      // 404 is an answer: nothing was recorded.
      errorRetry: {
        maxNumRetry: 3,
        retryDelayMs: 500,
        maxRetryDelayMs: 4000,
        shouldRetry: (_: unknown, count: number, __: boolean, answer?: { code?: number }) =>
          count < 3 && answer?.code !== 404 && answer?.code !== 401,
      },
    },
  };
}
