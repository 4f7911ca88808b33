/**
 * How fast to play so that the picture stays 50 to 150 ms behind the newest, without jumping.
 *
 * Not every picture is as late as the next: an IDR is many times larger, so it is longer on its way and longer decoded,
 * and longer fragments keep their first picture waiting for their last. What was latest in the last seconds sets the
 * pace: each fragment tells when it could be shown at the earliest (it was there, and its first picture was decoded), and
 * the latest of them shall be ready a reserve before its turn, because the browser asks for a picture up to two refreshes
 * of the screen before it shows it and stands still where there is none.
 *
 * That distance is kept in a narrow band by playing 5 % faster or 5 to 8 % slower, which nobody sees; what a stall or the
 * decoding of a long GOP left behind is made up for the faster the more it is, at most at twice the pace. Only when more
 * than three seconds are missing a jump is the lesser evil. A device that shows pictures too late all the same is given
 * more reserve whenever that happens, and less again where it does not happen any more.
 */

/** How long before its turn the latest picture shall be ready. */
export const RESERVE_S = 0.035;
/** How much more or less than that there may be before the pace changes, and where it has changed enough. */
export const BAND_S = [-0.005, 0.02] as const;
const AIM_S = 0.005;
export const START_S = 0.1;
/** = how long a fragment counts; two GOPs of most cameras, so that there is an IDR among them */
const WINDOW_S = 4.2;
/** A fragment longer than this holds several pictures, and is late enough by that: it is waited for a little only. */
const GROUPED_FROM_S = 0.1;
/** A fragment that is later than the quickest by more than this was held up, and is no measure of those to come. */
const LATEST_S = { single: 0.05, grouped: 0.02 } as const;
/** More reserve after pictures were dropped, where each comes by itself. */
const SLACK_STEP_S = 0.015;
const SLACK_MOST_S = 0.03;
const SLACK_WIDER_EVERY_MS = 500;
const SLACK_LESS_AFTER_MS = 60_000;
/** = for how long the least that was left to play counts, whatever came when */
const LEFT_MS = 450;
/** So much less than the reserve may be left once: what is late by chance shall not keep all that follow waiting. */
const LEFT_LESS_S = 0.02;
const JUMP_S = 3;
/** Seconds too many beyond which so much faster is played. */
const CATCH_UP: readonly (readonly [number, number])[] = [
  [0.36, 2], [0.16, 1.4], [0.06, 1.2],
];

export type Pace = { rate: number } | { seekTo: number };

/** A fragment, all in seconds: when it was there, its place on the media timeline, how long its first picture took. */
interface Arrival {
  at: number;
  from: number;
  to: number;
  decoding: number;
}

/** Keeps what it decided until the middle of the band is reached, so that the rate does not flutter. */
export class PaceKeeper {
  private rate = 1;
  private arrivals: Arrival[] = [];
  private left: { at: number; seconds: number }[] = [];
  private slackS = 0;
  private slackAt = Number.NEGATIVE_INFINITY;
  private dropped: number | null = null;

  /** A fragment can be played: `from` and `to` are its place on the media timeline, seconds, `position` what is shown. */
  arrived(nowMs: number, from: number, to: number, position: number): void {
    const at = nowMs / 1000;
    this.left.push({ at: nowMs, seconds: from - position });
    this.arrivals = this.arrivals.filter((one) => at - one.at < WINDOW_S);
    this.arrivals.push({ at, from, to, decoding: 0 });
  }

  /** How long the picture at that place was in the decoder, seconds. */
  decoded(mediaTime: number, seconds: number): void {
    const first = this.arrivals.find((one) => Math.abs(one.from - mediaTime) < 0.002);
    if (first !== undefined) first.decoding = seconds;
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
    if (end - position > JUMP_S || position < start) {
      this.reset();
      return { seekTo: Math.max(start, end - START_S) };
    }
    this.left = this.left.filter((one) => nowMs - one.at < LEFT_MS);
    this.left.push({ at: nowMs, seconds: end - position });
    const tooMany = this.toSpare(nowMs / 1000 - position) - this.reserve;
    const faster = CATCH_UP.find(([beyond]) => tooMany > beyond);
    if (faster !== undefined) this.rate = faster[1];
    else if (tooMany > BAND_S[1]) this.rate = 1.05;
    else if (tooMany < BAND_S[0]) this.rate = tooMany < -RESERVE_S / 2 ? 0.92 : 0.95;
    else if ((this.rate > 1 && tooMany <= AIM_S) || (this.rate < 1 && tooMany >= AIM_S)) this.rate = 1;
    return { rate: this.rate };
  }

  /** After a jump or a stall what was seen before says nothing. */
  reset(): void {
    this.rate = 1;
    this.arrivals = [];
    this.left = [];
    this.dropped = null;
  }

  private get reserve(): number {
    return RESERVE_S + (this.isGrouped ? 0 : this.slackS);
  }

  private get isGrouped(): boolean {
    return this.arrivals.some((one) => one.to - one.from > GROUPED_FROM_S);
  }

  /**
   * How long before its turn the latest picture of the last seconds would be ready if it came now, seconds; `delay` is the
   * clock's reading less the place on the timeline that is shown.
   */
  private toSpare(delay: number): number {
    const latest = this.isGrouped ? LATEST_S.grouped : LATEST_S.single;
    const quickest = Math.min(...this.arrivals.map((one) => one.at - one.to));
    const ready = this.arrivals.map((one) =>
      Math.min(one.at - one.from + one.decoding, quickest + one.to - one.from + latest),
    );
    // What was left counts by itself: all may come later than before, and what has not come yet is in no list.
    return Math.min(delay - Math.max(...ready), LEFT_LESS_S + Math.min(...this.left.map((one) => one.seconds)));
  }
}
