import { describe, expect, it } from "vitest";
import { Tour } from "./tour";

function running(dwellS = 10): Tour {
  const tour = new Tour(dwellS);
  tour.start(0);
  return tour;
}

describe("a patrol tour", () => {
  it("turns the page after the dwell, and begins again after the last one", () => {
    const tour = running();
    expect(tour.turn(9_999, 1, 3)).toBeNull();
    expect(tour.turn(10_000, 1, 3)).toBe(2);
    expect(tour.turn(19_000, 2, 3)).toBeNull();
    expect(tour.turn(20_000, 2, 3)).toBe(3);
    expect(tour.turn(30_000, 3, 3)).toBe(1);
  });

  it("stays where there is one page", () => {
    expect(running().turn(10_000, 1, 1)).toBeNull();
  });

  it("goes on where it was paused", () => {
    const tour = running();
    tour.pause(6000);
    expect(tour.turn(60_000, 1, 2)).toBeNull();
    expect(tour.part(60_000)).toBeCloseTo(0.6);
    tour.resume(60_000);
    expect(tour.turn(63_000, 1, 2)).toBeNull();
    expect(tour.turn(64_000, 1, 2)).toBe(2);
  });

  it("pauses for an alert of a shown camera, and for no other", () => {
    const tour = running();
    expect(tour.hearAlert("one", ["c"], ["a", "b"])).toBe(false);
    expect(tour.phase).toBe("runs");
    expect(tour.hearAlert("two", ["c", "b"], ["a", "b"])).toBe(true);
    expect(tour.alert).toBe("two");
    expect(tour.turn(60_000, 1, 2)).toBeNull();
    tour.toggle(60_000);
    expect(tour.turn(69_000, 1, 2)).toBeNull();
    expect(tour.turn(70_000, 1, 2)).toBe(2);
  });

  it("hears no alert while it is off or paused by hand", () => {
    const tour = new Tour();
    expect(tour.hearAlert("one", ["a"], ["a"])).toBe(false);
    tour.start(0);
    tour.pause(10);
    expect(tour.hearAlert("one", ["a"], ["a"])).toBe(false);
    expect(tour.phase).toBe("paused");
  });

  it("gives a page that was turned by hand its whole time", () => {
    const tour = running();
    tour.again(8000);
    expect(tour.turn(12_000, 2, 3)).toBeNull();
    expect(tour.turn(18_000, 2, 3)).toBe(3);
  });
});
