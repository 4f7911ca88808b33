/** A stretch of time drawn across some pixels. */

export interface View {
  fromMs: number;
  toMs: number;
}

const SHORTEST_MS = 20_000;
const DAY_MS = 86_400_000;

export function zoomed(view: View, factor: number, aroundMs: number, day: View): View {
  const length = Math.min(DAY_MS, Math.max(SHORTEST_MS, (view.toMs - view.fromMs) * factor));
  const share = (aroundMs - view.fromMs) / (view.toMs - view.fromMs);
  return within({ fromMs: aroundMs - share * length, toMs: aroundMs + (1 - share) * length }, day);
}

export function moved(view: View, byMs: number, day: View): View {
  return within({ fromMs: view.fromMs + byMs, toMs: view.toMs + byMs }, day);
}

/** The same length, inside the day. */
function within(view: View, day: View): View {
  const length = Math.min(view.toMs - view.fromMs, day.toMs - day.fromMs);
  const fromMs = Math.min(Math.max(view.fromMs, day.fromMs), day.toMs - length);
  return { fromMs, toMs: fromMs + length };
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600];

/** Where the scale is marked: round times, at least `spacing` pixels apart. */
export function ticks(view: View, width: number, spacing: number): number[] {
  const perPixel = (view.toMs - view.fromMs) / Math.max(1, width);
  const stepMs = (STEPS_S.find((step) => (step * 1000) / perPixel >= spacing) ?? 43_200) * 1000;
  // Round on the kitchen's clock, not on UTC's.
  const offset = new Date(view.fromMs).getTimezoneOffset() * 60_000;
  const marks: number[] = [];
  for (let at = Math.ceil((view.fromMs - offset) / stepMs) * stepMs + offset; at <= view.toMs; at += stepMs) marks.push(at);
  return marks;
}
