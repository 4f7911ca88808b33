/** How loud a microphone is, as people hear it. Pure. */

/** Full scale is 0 dB; below this nothing is drawn. */
const QUIETEST_DB = -60;
/** A microphone that works makes more noise than that even in a silent room. */
const SILENT = 0.0006;

/** Peak of -1..1 samples. */
export function peak(samples: Float32Array): number {
  let highest = 0;
  for (const sample of samples) highest = Math.max(highest, Math.abs(sample));
  return highest;
}

/** 0 to 1, even in decibels. */
export function loudness(peakOfSamples: number): number {
  const db = 20 * Math.log10(Math.max(peakOfSamples, 1e-9));
  return Math.min(1, Math.max(0, 1 - db / QUIETEST_DB));
}

/** Whether nothing at all came for a while: a mute key, a wrong device. */
export class SilenceWatch {
  private soundAt: number | null = null;

  constructor(private readonly limitMs: number) {}

  /** Looked at while one speaks. */
  look(nowMs: number, peakOfSamples: number): boolean {
    if (this.soundAt === null || peakOfSamples > SILENT) this.soundAt = nowMs;
    return nowMs - this.soundAt > this.limitMs;
  }

  /** One does not speak: what was before says nothing. */
  reset(): void {
    this.soundAt = null;
  }
}
