/** What is known of the recordings of a day, camera by camera: nothing recorded and nothing known are two things. Pure. */

import type { View } from "./timeScale";
import type { Timeline } from "./api";

/** `failed`: it could not be read; what was read of the same day before still stands, and is not the newest. */
export type LaneState = "loading" | "ready" | "failed";

export interface Lane {
  state: LaneState;
  timeline: Timeline | null;
  /** Of `failed`: in words for whoever looks. */
  why: string;
}

const UNREAD: Lane = { state: "loading", timeline: null, why: "" };

/** Lanes by camera and day: the answer about one day says nothing about another. */
export class Lanes {
  private readonly kept: ReadonlyMap<string, Lane>;

  constructor(kept: Iterable<readonly [string, Lane]> = []) {
    this.kept = new Map(kept);
  }

  of(camera: string, day: View): Lane {
    return this.kept.get(keyOf(camera, day)) ?? UNREAD;
  }

  read(camera: string, day: View, timeline: Timeline): Lanes {
    return this.with(camera, day, { state: "ready", timeline, why: "" });
  }

  failed(camera: string, day: View, why: string): Lanes {
    return this.with(camera, day, { state: "failed", timeline: this.of(camera, day).timeline, why });
  }

  private with(camera: string, day: View, lane: Lane): Lanes {
    return new Lanes([...this.kept, [keyOf(camera, day), lane]]);
  }
}

function keyOf(camera: string, day: View): string {
  return `${camera} ${day.fromMs}`;
}
