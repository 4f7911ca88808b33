import { describe, expect, it } from "vitest";
import { awayCameras, countsOf, lostCameras, moodOf, peersAway, troubled, versionsOf, type CameraStatus, type Instance, type Service, type Status } from "./shape";

const instance = (worker: string, state: Instance["state"] = "ready", ...missing: [string, string][]): Instance => ({ worker, state, version: "1", started: null, missing: missing.map(([what, reason]) => ({ what, reason })) });
const service = (name: string, state: Service["state"], ...instances: Instance[]): Service => ({ name, state, workers: instances.length, version: "1", capabilities: ["x"], instances });
const camera = (name: string, state: CameraStatus["state"]) => ({ id: name, name, site: "a", state, reason: "", reason_code: "" }) as CameraStatus;
const status = (services: Service[], more: Partial<Status> = {}): Status => ({ services, cameras: [], bus: "up", ...more });

describe("a service", () => {
  it.each([
    ["well", service("recorder", "up", instance("r1"))],
    ["well", service("recorder", "up")],
    ["partly", service("recorder", "up", instance("r1"), instance("r2", "silent"))],
    ["partly", service("recorder", "up", instance("r1", "not_ready", ["objects", ""]))],
    ["starting", service("recorder", "degraded", instance("r1", "not_ready", ["start", ""]))],
    ["silent", service("recorder", "degraded", instance("r1", "silent"))],
    ["down", service("recorder", "down")],
  ])("is %s", (mood, one) => {
    expect(moodOf(one)).toBe(mood);
  });
});

describe("the system", () => {
  it("says what several lack once, with who says so", () => {
    const found = peersAway(status([
      service("recorder", "up", instance("r1", "not_ready", ["objects", "S3 away"], ["database", "no answer"])),
      service("alerting", "up", instance("a1", "not_ready", ["database", "no answer"]), instance("a2", "not_ready", ["database", ""])),
    ]));
    expect(found).toEqual([{ peer: "database", of: ["r1", "a1", "a2"], reasons: ["no answer"] }, { peer: "objects", of: ["r1"], reasons: ["S3 away"] }]);
  });

  it("without its bus has one thing to mend and not six", () => {
    const all = status([service("recorder", "down"), service("ingest", "down")], { bus: "down" });
    expect(peersAway(all).map((one) => one.peer)).toEqual(["bus"]);
    expect(troubled(all)).toEqual([]);
  });

  it("puts what is worst first", () => {
    const all = status([service("gateway", "up", instance("g1")), service("detector", "up", instance("d1"), instance("d2", "silent")), service("recorder", "down"), service("alerting", "degraded", instance("a1", "silent"))]);
    expect(troubled(all).map((one) => one.name)).toEqual(["recorder", "alerting", "detector"]);
  });

  it("tells versions that differ", () => {
    expect(versionsOf(status([service("ingest", "up", instance("i1")), service("recorder", "up", { ...instance("r1"), version: "2" }, { ...instance("r2", "silent"), version: null })]))).toEqual(["1", "2"]);
  });
});

it("counts cameras, and does not mourn those switched off on purpose", () => {
  const cameras = [camera("b", "disabled"), camera("d", "online"), camera("c", "stalled"), camera("a", "unreachable")];
  expect(countsOf(cameras)).toEqual([{ state: "online", n: 1 }, { state: "unreachable", n: 1 }, { state: "stalled", n: 1 }, { state: "disabled", n: 1 }]);
  expect(awayCameras(cameras).map((one) => one.name)).toEqual(["a", "c", "b"]);
  expect(lostCameras(cameras)).toBe(2);
});
