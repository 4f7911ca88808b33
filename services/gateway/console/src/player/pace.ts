/**
 * How fast to play so that the picture stays 50 to 150 ms behind the newest, without jumping.
 *
 * Pictures come in steps, so the distance to the end of the buffer is a saw-tooth; what counts is its lowest point,
 * the margin that is left just before the next picture comes. The margin is kept in a band by playing 5 % faster or 5
 * to 8 % slower, which nobody sees; what a stall or the decoding of a long GOP left behind is made up for the faster
 * the more it is, at most at twice the pace. Only when more than three seconds are missing a jump is the lesser evil.
 *
 * A device that shows pictures too late, because it decodes and draws slowly, is given more time for each: a little more
 * whenever that happens, up to what keeps the picture within 150 ms, and less again where it does not happen any more.
 */

/** Between these the margin may be: with a fragment a picture, and with longer ones, which are late by their length. */
export const BAND_S = { single: [0.03, 0.06], grouped: [0.025, 0.055] } as const;
/** A fragment longer than this holds several pictures. */
const GROUPED_FROM_S = 0.1;
export const START_S = 0.1;
/** More margin after pictures were dropped, where each comes by itself; longer fragments are late enough. */
const SLACK_STEP_S = 0.015;
const SLACK_MOST_S = 0.03;
const SLACK_WIDER_EVERY_MS = 500;
const SLACK_LESS_AFTER_MS = 60_000;
const JUMP_S = 3;
const WINDOW_MS = 450;
/** Margin in seconds beyond which so much faster is played. */
const CATCH_UP: readonly (readonly [number, number])[] = [
  [0.4, 2], [0.2, 1.4], [0.1, 1.2],
];

export type Pace = { rate: number } | { seekTo: number };

/** Keeps what it decided until the middle of the band is reached, so that the rate does not flutter. */
export class PaceKeeper {
  private rate = 1;
  private band: readonly [number, number] = BAND_S.single;
  private samples: { at: number; behind: number }[] = [];
  private slackS = 0;
  private slackAt = Number.NEGATIVE_INFINITY;
  private dropped: number | null = null;

  /** How long the fragments are that come, seconds. */
  expect(fragmentS: number): void {
    this.band = fragmentS > GROUPED_FROM_S ? BAND_S.grouped : BAND_S.single;
  }

  /** What was left to play just when more came: the lowest point, which looking now and then would miss. */
  observe(nowMs: number, behind: number): void {
    this.samples = this.samples.filter((sample) => nowMs - sample.at < WINDOW_MS);
    this.samples.push({ at: nowMs, behind });
  }

  /** How many pictures were too late for the screen so far. */
  drops(nowMs: number, dropped: number): void {
    // What is lost while it catches up says nothing of the pace that follows.
    const isMore = this.dropped !== null && dropped > this.dropped && this.rate <= 1.05;
    this.dropped = dropped;
    if (isMore && nowMs - this.slackAt >= SLACK_WIDER_EVERY_MS) {
      this.slackS = Math.min(SLACK_MOST_S, this.slackS + SLACK_STEP_S);
      this.slackAt = nowMs;
    } else if (this.slackS > 0 && nowMs - this.slackAt >= SLACK_LESS_AFTER_MS) {
      this.slackS = Math.max(0, this.slackS - SLACK_STEP_S);
      this.slackAt = nowMs;
    }
  }

  /** All in seconds of the media timeline but `nowMs`; `start` is where the buffered range begins. */
  decide(nowMs: number, position: number, start: number, end: number): Pace {
    const behind = end - position;
    if (behind > JUMP_S || position < start) {
      this.reset();
      return { seekTo: Math.max(start, end - START_S) };
    }
    this.observe(nowMs, behind);
    const margin = Math.min(...this.samples.map((sample) => sample.behind));
    const slack = this.band === BAND_S.single ? this.slackS : 0;
    const nearest = this.band[0] + slack;
    const farthest = this.band[1] + slack;
    const aim = (nearest + farthest) / 2;
    const faster = CATCH_UP.find(([beyond]) => margin - slack > beyond);
    if (faster !== undefined) this.rate = faster[1];
    else if (margin > farthest) this.rate = 1.05;
    else if (margin < nearest) this.rate = margin < nearest / 2 ? 0.92 : 0.95;
    else if ((this.rate > 1 && margin <= aim) || (this.rate < 1 && margin >= aim)) this.rate = 1;
    return { rate: this.rate };
  }

  /** After a jump or a stall what was seen before says nothing. */
  reset(): void {
    this.rate = 1;
    this.samples = [];
    this.dropped = null;
  }
}
