import { describe, expect, it } from "vitest";
import { pictureAfter, pictureTimes } from "./pictureTimes";

function box(kind: string, ...parts: Uint8Array[]): Uint8Array {
  const size = 8 + parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, size);
  bytes.set([...kind].map((letter) => letter.charCodeAt(0)), 4);
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function words(...numbers: number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * 4);
  numbers.forEach((number, index) => new DataView(bytes.buffer).setInt32(index * 4, number));
  return bytes;
}

function fragment(track: number, decodeTime: number, samples: [number, number][]): Uint8Array {
  const entries = samples.flatMap(([duration, offset]) => [duration, 100, offset]);
  return box(
    "moof",
    box("mfhd", words(0, 1)),
    box(
      "traf",
      box("tfhd", words(0x020000, track)),
      box("tfdt", words(0x01000000, 0, decodeTime)),
      box("trun", words(0xb05, samples.length, 0, 0, ...entries)),
    ),
  );
}

function joined(...parts: Uint8Array[]): ArrayBuffer {
  return new Uint8Array(parts.flatMap((part) => [...part])).buffer;
}

describe("pictureTimes", () => {
  it("puts pictures in the order shown, over several fragments, without the sound", () => {
    const bytes = joined(
      fragment(1, 9000, [[3600, 3600], [3600, 10800], [3600, 0]]),
      box("mdat", words(1, 2, 3)),
      fragment(2, 5000, [[1024, 0]]),
      fragment(1, 19800, [[1800, 3600], [3600, 3600]]),
    );
    expect(pictureTimes(bytes).map((time) => Math.round(time * 90_000))).toEqual([0, 3600, 10800, 10800, 12600].sort((a, b) => a - b));
  });

  it("reads nothing out of what is cut short", () => {
    const whole = fragment(1, 9000, [[3600, 0]]);
    expect(pictureTimes(joined(whole.slice(0, whole.length - 4)))).toEqual([]);
    expect(pictureTimes(new ArrayBuffer(0))).toEqual([]);
  });
});

describe("pictureAfter", () => {
  const times = [10, 10.04, 10.08, 10.2, 10.24];

  it("goes on and back by pictures, whatever their length", () => {
    expect(pictureAfter(times, 10.05, 1)).toBeCloseTo(10.14);
    expect(pictureAfter(times, 10.14, 1)).toBeCloseTo(10.22);
    expect(pictureAfter(times, 10.14, -1)).toBeCloseTo(10.06);
    expect(pictureAfter(times, 10.22, 1)).toBeCloseTo(10.26);
  });

  it("says nothing where the picture is not known", () => {
    expect(pictureAfter(times, 9.5, 1)).toBeNull();
    expect(pictureAfter(times, 10.26, 1)).toBeNull();
    expect(pictureAfter(times, 10.01, -1)).toBeNull();
  });
});
