/**
 * Which live pictures are on the wall, and which comes next. Pure.
 *
 * A picture stays for its dwell; the next one of its place is opened before, and takes over when it moves. One that does
 * not come is given up for another: the wall never shows a place that is empty because it waits.
 */

export interface Place {
  shown: string | null;
  /** Opened and not shown yet. */
  next: string | null;
}

interface Turn extends Place {
  sinceMs: number;
  nextSinceMs: number;
}

/** = how long before its turn the next picture is opened */
const AHEAD_MS = 4000;
/** = how long the next picture may take to move */
const PATIENCE_MS = 12_000;

export class Rotation {
  private readonly turns: Turn[];
  private cameras: string[] = [];
  private readonly playing = new Set<string>();
  /** When each was on the wall, or did not come, last. */
  private readonly lastMs = new Map<string, number>();

  constructor(
    places: number,
    private readonly dwellMs: number,
    nowMs: number,
  ) {
    // One after the other, not all at once: two thirds of the wall always stand still.
    this.turns = Array.from({ length: places }, (_, at) => ({
      shown: null, next: null, sinceMs: nowMs - (dwellMs * at) / places, nextSinceMs: 0,
    }));
  }

  get places(): readonly Place[] {
    return this.turns.map(({ shown, next }) => ({ shown, next }));
  }

  /** Cameras that can be seen now, in the order in which they come. */
  see(cameras: string[]): void {
    this.cameras = cameras;
    for (const known of this.lastMs.keys()) if (!cameras.includes(known)) this.lastMs.delete(known);
  }

  /** A picture moves, or does not any more. */
  tell(camera: string, isPlaying: boolean): void {
    if (isPlaying) this.playing.add(camera);
    else this.playing.delete(camera);
  }

  tick(nowMs: number): void {
    for (const turn of this.turns) {
      if (turn.next !== null) this.takeOver(turn, nowMs);
      if (turn.shown === null) this.fill(turn);
    }
    if (this.turns.some((turn) => turn.next !== null)) return; // one is opened at a time
    const due = this.turns.filter((turn) => this.isDue(turn, nowMs, AHEAD_MS)).sort((one, other) => one.sinceMs - other.sinceMs)[0];
    const next = due === undefined ? null : this.longestUnseen();
    if (due === undefined || next === null) return;
    due.next = next;
    due.nextSinceMs = nowMs;
  }

  private takeOver(turn: Turn, nowMs: number): void {
    const next = turn.next;
    if (next === null) return;
    if (this.playing.has(next) && this.isDue(turn, nowMs, 0)) {
      if (turn.shown !== null) this.lastMs.set(turn.shown, nowMs);
      turn.shown = next;
      turn.sinceMs = nowMs;
      turn.next = null;
    } else if (!this.playing.has(next) && nowMs - turn.nextSinceMs > PATIENCE_MS) {
      this.lastMs.set(next, nowMs); // at the back of the row
      turn.next = null;
    }
  }

  /** Nothing is there to be kept: the first ones are shown while they open. Their times stay apart. */
  private fill(turn: Turn): void {
    turn.shown = this.longestUnseen();
  }

  private isDue(turn: Turn, nowMs: number, aheadMs: number): boolean {
    const isGone = turn.shown !== null && !this.cameras.includes(turn.shown);
    return isGone || nowMs - turn.sinceMs >= this.dwellMs - aheadMs;
  }

  private longestUnseen(): string | null {
    const used = new Set(this.turns.flatMap((turn) => [turn.shown, turn.next]));
    const free = this.cameras.filter((camera) => !used.has(camera));
    const last = (camera: string) => this.lastMs.get(camera) ?? -1;
    return free.reduce<string | null>((best, camera) => (best === null || last(camera) < last(best) ? camera : best), null);
  }
}

/** One of each school, then the second of each: no school has the wall for itself. */
export function bySchoolsInTurn(cameras: { id: string; site: string }[]): string[] {
  const schools = new Map<string, string[]>();
  for (const { id, site } of cameras) schools.set(site, [...(schools.get(site) ?? []), id]);
  const rows = [...schools.values()];
  const longest = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: longest }, (_, at) => rows.flatMap((row) => row[at] ?? [])).flat();
}
