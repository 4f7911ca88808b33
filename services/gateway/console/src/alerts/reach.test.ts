import { expect, it } from "vitest";
import { reachOf } from "./reach";

const camera = (site: string, state: "online" | "unreachable" | "disabled" | "stalled") => ({ site, state });

it.each([
  ["nothing registered", [], { online: 0, all: 0, camerasOnline: 0, cameras: 0 }],
  ["one of a school is enough", [camera("a", "online"), camera("a", "unreachable")], { online: 1, all: 1, camerasOnline: 1, cameras: 2 }],
  ["none of a school", [camera("a", "stalled"), camera("b", "online")], { online: 1, all: 2, camerasOnline: 1, cameras: 2 }],
  ["what is switched off is nobody's loss", [camera("a", "disabled"), camera("b", "online"), camera("b", "disabled")], { online: 1, all: 1, camerasOnline: 1, cameras: 1 }],
] as const)("%s", (_, cameras, expected) => expect(reachOf([...cameras])).toEqual(expected));
