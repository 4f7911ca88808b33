import { describe, expect, it } from "vitest";
import { loudness, peak, SilenceWatch } from "./level";

describe("level", () => {
  it("is the highest sample, of either sign", () => {
    expect(peak(new Float32Array([0.1, -0.5, 0.25]))).toBeCloseTo(0.5);
  });

  it.each([
    [0, 0],
    [0.001, 0],
    [0.0316, 0.5],
    [1, 1],
    [2, 1],
  ])("%s is drawn as %s", (samples, drawn) => {
    expect(loudness(samples)).toBeCloseTo(drawn, 2);
  });
});

describe("SilenceWatch", () => {
  it("is silent when nothing came for the limit, and not before", () => {
    const watch = new SilenceWatch(2000);
    expect(watch.look(0, 0)).toBe(false);
    expect(watch.look(2000, 0)).toBe(false);
    expect(watch.look(2001, 0)).toBe(true);
    expect(watch.look(2050, 0.1)).toBe(false);
  });

  it("counts anew with every press", () => {
    const watch = new SilenceWatch(2000);
    watch.look(0, 0);
    watch.reset();
    expect(watch.look(5000, 0)).toBe(false);
  });
});
