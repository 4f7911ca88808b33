/** A patrol: page after page of tiles, each for its dwell. Pure. */

export const DWELLS_S = [10, 20, 30, 60];
export const DWELL_S = 20;

export type Phase = "off" | "runs" | "paused" | "alert";

export class Tour {
  private startedMs = 0;
  private spentMs = 0;
  phase: Phase = "off";
  /** Which alert made it stop. */
  alert: string | null = null;

  constructor(public dwellS = DWELL_S) {}

  get isOn(): boolean {
    return this.phase !== "off";
  }

  start(nowMs: number): void {
    this.phase = "runs";
    this.alert = null;
    this.startedMs = nowMs;
    this.spentMs = 0;
  }

  stop(): void {
    this.phase = "off";
    this.alert = null;
  }

  pause(nowMs: number): void {
    if (this.phase !== "runs") return;
    this.spentMs = nowMs - this.startedMs;
    this.phase = "paused";
  }

  /** Goes on where it stood; after an alert the page has been looked at, and has its whole time again. */
  resume(nowMs: number): void {
    if (this.phase !== "paused" && this.phase !== "alert") return;
    this.startedMs = this.phase === "paused" ? nowMs - this.spentMs : nowMs;
    this.phase = "runs";
    this.alert = null;
  }

  /** Starts, pauses or goes on: one key for all. */
  toggle(nowMs: number): void {
    if (this.phase === "off") this.start(nowMs);
    else if (this.phase === "runs") this.pause(nowMs);
    else this.resume(nowMs);
  }

  /** Of a camera that is shown: whoever looks decides when it goes on. */
  hearAlert(alert: string, cameras: string[], shown: string[]): boolean {
    if (this.phase !== "runs" || !cameras.some((camera) => shown.includes(camera))) return false;
    this.phase = "alert";
    this.alert = alert;
    return true;
  }

  /** Somebody turned the page, or looks closer: the time begins anew. */
  again(nowMs: number): void {
    this.startedMs = nowMs;
    this.spentMs = 0;
  }

  /** Part of the dwell that is over, 0 to 1. */
  part(nowMs: number): number {
    if (this.phase === "off" || this.phase === "alert") return 0;
    const spentMs = this.phase === "runs" ? nowMs - this.startedMs : this.spentMs;
    return Math.min(1, Math.max(0, spentMs / (this.dwellS * 1000)));
  }

  /** The page to go to, null: stay. Pages count from 1; one page alone is looked at for ever. */
  turn(nowMs: number, page: number, pages: number): number | null {
    if (this.phase !== "runs" || this.part(nowMs) < 1) return null;
    this.again(nowMs);
    return pages > 1 ? (page % pages) + 1 : null;
  }
}
