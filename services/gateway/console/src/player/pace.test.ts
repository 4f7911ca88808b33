import { describe, expect, it } from "vitest";
import { BAND_S, PaceKeeper } from "./pace";

describe("PaceKeeper", () => {
  it.each([
    [0.045, 1],
    [0.1, 1.05],
    [0.15, 1.2],
    [0.3, 1.4],
    [1, 2],
    [0.02, 0.95],
    [0.01, 0.92],
  ])("with %s s to spare plays at %s", (behind, rate) => {
    expect(new PaceKeeper().decide(0, 10 - behind, 0, 10)).toEqual({ rate });
  });

  it("looks at the lowest point of the saw-tooth", () => {
    const pace = new PaceKeeper();
    expect(pace.decide(0, 10 - 0.05, 0, 10)).toEqual({ rate: 1 });
    expect(pace.decide(50, 10 - 0.25, 0, 10)).toEqual({ rate: 1 });
    expect(pace.decide(600, 10 - 0.25, 0, 10)).toEqual({ rate: 1.4 });
  });

  it("counts what was left when more came, between two looks", () => {
    const pace = new PaceKeeper();
    pace.observe(0, 0.005);
    expect(pace.decide(20, 10 - 0.2, 0, 10)).toEqual({ rate: 0.92 });
  });

  it("keeps more where pictures come too late for the screen, and less again where they do not", () => {
    const pace = new PaceKeeper();
    const rateAt = (ms: number, behind: number) => pace.decide(ms, 10 - behind, 0, 10);
    pace.drops(0, 7); // before it had caught up
    expect(rateAt(0, 0.05)).toEqual({ rate: 1 });
    pace.drops(1000, 8);
    expect(rateAt(1000, 0.05)).toEqual({ rate: 1 });
    pace.drops(1100, 9); // at once again: the same trouble
    pace.drops(2000, 10);
    expect(rateAt(2000, 0.05)).toEqual({ rate: 0.95 });
    expect(rateAt(3000, 0.08)).toEqual({ rate: 1 });
    for (let ms = 4000; ms < 9000; ms += 1000) pace.drops(ms, 10 + ms / 1000);
    expect(rateAt(9000, 0.15)).toEqual({ rate: 1.2 }); // never out of what is allowed
    expect(rateAt(10_000, 0.1)).toEqual({ rate: 1.05 });
    expect(rateAt(11_000, 0.07)).toEqual({ rate: 1 });
    for (let ms = 70_000; ms < 300_000; ms += 1000) pace.drops(ms, 18);
    expect(rateAt(300_000, 0.07)).toEqual({ rate: 1.05 });
  });

  it("does so with a picture a fragment alone", () => {
    const pace = new PaceKeeper();
    pace.expect(0.2);
    pace.drops(0, 0);
    for (let ms = 1000; ms < 9000; ms += 1000) pace.drops(ms, ms / 1000);
    expect(pace.decide(9000, 10 - 0.04, 0, 10)).toEqual({ rate: 1 });
  });

  it("jumps only when far behind or before what is buffered", () => {
    expect(new PaceKeeper().decide(0, 5, 0, 10)).toEqual({ seekTo: 9.9 });
    expect(new PaceKeeper().decide(0, 7.5, 8, 10)).toEqual({ seekTo: 9.9 });
    expect(new PaceKeeper().decide(0, 7.5, 9.95, 10)).toEqual({ seekTo: 9.95 });
  });

  it.each([0.01, 0.2, 0.6, 2.5])("comes to rest in the band from %s s", (start) => {
    const pace = new PaceKeeper();
    pace.expect(0.2);
    let position = 100 - start;
    let lowest = 0;
    for (let ms = 0; ms < 90_000; ms += 50) {
      const end = 100 + (Math.floor(ms / 200) * 200) / 1000; // a picture every 200 ms
      const decided = pace.decide(ms, position, 0, end);
      if ("seekTo" in decided) position = decided.seekTo;
      else position += decided.rate * 0.05;
      if (ms % 200 === 150) lowest = end - position;
    }
    expect(lowest).toBeGreaterThan(BAND_S.grouped[0] - 0.06);
    expect(lowest).toBeLessThan(BAND_S.grouped[1] + 0.06);
  });
});
