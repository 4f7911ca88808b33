/** Between what a player counts (seconds of media, gaps left out) and what the kitchen's clock showed. */

/** One GOP in the player's timeline. */
export interface Piece {
  /** Seconds in the player's timeline. */
  start: number;
  duration: number;
  /** When it was filmed, milliseconds UTC. */
  atMs: number;
}

/** The moment that is shown at a place of the player's timeline; null where nothing is. */
export function momentAt(pieces: readonly Piece[], seconds: number): number | null {
  const piece = pieces[indexOf(pieces, (one) => one.start <= seconds + 0.001)];
  if (piece === undefined) return null;
  return piece.atMs + Math.min(Math.max(0, seconds - piece.start), piece.duration) * 1000;
}

/** The place that shows a moment; in a gap, where the picture goes on after it. Null: nothing is shown then or later. */
export function placeOf(pieces: readonly Piece[], ms: number): number | null {
  const index = indexOf(pieces, (one) => one.atMs <= ms);
  const before = pieces[index];
  if (before !== undefined && ms < before.atMs + before.duration * 1000) return before.start + (ms - before.atMs) / 1000;
  return pieces[index + 1]?.start ?? null;
}

/** The last place where `holds`; -1 where it never does. It holds up to some place and not behind it. */
function indexOf(pieces: readonly Piece[], holds: (piece: Piece) => boolean): number {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const piece = pieces[middle];
    if (piece !== undefined && holds(piece)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The stretch that is loaded around a moment; `to` is null where it has not ended. */
export function stretchAround(ms: number, nowMs: number): { fromMs: number; toMs: number | null } {
  const step = 10 * 60_000;
  // A little before, so that stepping back needs no new list; whole steps, so that near moments share one.
  const fromMs = Math.floor((ms - 60_000) / step) * step;
  const toMs = fromMs + 3 * step;
  return { fromMs, toMs: toMs > nowMs ? null : toMs };
}
