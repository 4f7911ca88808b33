/**
 * Puts the runs of a camera one behind the other on the timeline of one SourceBuffer, and remembers which
 * picture was taken when.
 *
 * PTS of every run begin anew; `offset` is what MediaSource adds to them (timestampOffset). The first run begins at 0,
 * where a <video> begins: it shows its first picture without a seek.
 */

import type { FragmentMessage } from "./messages";

const CLOCK = 90_000;
const REMEMBERED = 600;

interface Taken {
  from: number;
  to: number;
  capturedUs: number;
}

export class RunTimeline {
  private run: string | null = null;
  private end = 0;
  private taken: Taken[] = [];
  offset = 0;

  /** Where the fragment lies, seconds, and whether it begins another run: the offset has changed then. */
  place(fragment: FragmentMessage): { isNewRun: boolean; from: number; to: number } {
    const isNewRun = fragment.run !== this.run;
    const pts = fragment.pts_90k / CLOCK;
    if (isNewRun) {
      this.run = fragment.run;
      this.offset = this.end - pts;
    }
    const from = pts + this.offset;
    const to = from + fragment.duration_90k / CLOCK;
    this.end = Math.max(this.end, to);
    this.taken.push({ from, to, capturedUs: fragment.captured_us });
    if (this.taken.length > REMEMBERED) this.taken.splice(0, this.taken.length - REMEMBERED);
    return { isNewRun, from, to };
  }

  /** When the picture shown at that place of the media timeline was taken, Unix microseconds. */
  capturedAt(mediaTime: number): number | null {
    for (let i = this.taken.length - 1; i >= 0; i--) {
      const one = this.taken[i]!;
      if (mediaTime >= one.from - 0.001) {
        return mediaTime <= one.to + 0.5 ? one.capturedUs + (mediaTime - one.from) * 1e6 : null;
      }
    }
    return null;
  }

  /** Where what came so far ends, seconds. */
  get newest(): number {
    return this.end;
  }
}
