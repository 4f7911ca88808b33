/** When each picture of a fetched GOP is shown, read from its movie fragments: how a step finds the next picture. */

// What `shared/media/init_segment.py` writes: video is track 1 and counts in 90 kHz.
const VIDEO_TRACK = 1;
const TIMESCALE = 90_000;

// trun flags (ISO/IEC 14496-12, 8.8.8).
const HAS_DATA_OFFSET = 0x1;
const HAS_FIRST_FLAGS = 0x4;
const HAS_DURATION = 0x100;
const HAS_SIZE = 0x200;
const HAS_FLAGS = 0x400;
const HAS_COMPOSITION_OFFSET = 0x800;

/** Seconds from the first picture shown to each one, in the order shown; empty where there is no video in it. */
export function pictureTimes(bytes: ArrayBuffer): number[] {
  const times: number[] = [];
  const view = new DataView(bytes);
  each(view, 0, view.byteLength, (kind, from, to) => {
    if (kind !== "moof") return;
    each(view, from, to, (inner, begin, end) => {
      if (inner === "traf") readTrack(view, begin, end, times);
    });
  });
  times.sort((a, b) => a - b);
  const first = times[0] ?? 0;
  return times.map((ticks) => (ticks - first) / TIMESCALE);
}

function readTrack(view: DataView, from: number, to: number, times: number[]): void {
  let track = 0;
  let decodeTime = 0;
  each(view, from, to, (kind, body) => {
    if (kind === "tfhd") track = view.getUint32(body + 4);
    else if (kind === "tfdt") decodeTime = view.getUint8(body) === 1 ? Number(view.getBigUint64(body + 4)) : view.getUint32(body + 4);
    else if (kind === "trun" && track === VIDEO_TRACK) readRun(view, body, decodeTime, times);
  });
}

function readRun(view: DataView, body: number, decodeTime: number, times: number[]): void {
  const flags = view.getUint32(body) & 0xffffff;
  const count = view.getUint32(body + 4);
  let at = body + 8 + (flags & HAS_DATA_OFFSET ? 4 : 0) + (flags & HAS_FIRST_FLAGS ? 4 : 0);
  for (let index = 0; index < count; index += 1) {
    let duration = 0;
    let offset = 0;
    if (flags & HAS_DURATION) [duration, at] = [view.getUint32(at), at + 4];
    if (flags & HAS_SIZE) at += 4;
    if (flags & HAS_FLAGS) at += 4;
    if (flags & HAS_COMPOSITION_OFFSET) [offset, at] = [view.getInt32(at), at + 4];
    times.push(decodeTime + offset);
    decodeTime += duration;
  }
}

/** Every box in a range: its name, where its body begins and where it ends. */
function each(view: DataView, from: number, to: number, see: (kind: string, body: number, end: number) => void): void {
  let at = from;
  while (at + 8 <= to) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > to) return;
    const kind = String.fromCharCode(...[4, 5, 6, 7].map((place) => view.getUint8(at + place)));
    see(kind, at + 8, at + size);
    at += size;
  }
}

/** A place inside the picture that is `pictures` after the one shown at `seconds`; null where it is not known.
 *
 * @param times of the pictures known around it, ascending, in the player's timeline.
 */
export function pictureAfter(times: readonly number[], seconds: number, pictures: number): number | null {
  let shown = -1;
  while (shown + 1 < times.length && (times[shown + 1] ?? 0) <= seconds + 0.0005) shown += 1;
  if (shown < 0) return null;
  const begins = times[shown + pictures];
  if (begins === undefined) return null;
  const next = times[shown + pictures + 1];
  const before = times[shown + pictures - 1];
  const lasts = next !== undefined ? next - begins : before !== undefined ? begins - before : 0.02;
  // Inside the picture: its edge may round to the one before.
  return begins + lasts / 2;
}
