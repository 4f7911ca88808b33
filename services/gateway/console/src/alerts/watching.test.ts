import { describe, expect, it } from "vitest";
import { watchingOf } from "./watching";

const SINCE = "2026-11-26T06:03:00Z";
type Service = Parameters<typeof watchingOf>[0]["services"][number];

function services(change: Record<string, Partial<Service>>): Service[] {
  return ["ingest", "detector", "alerting", "recorder", "intercom", "gateway"].map((name) => ({ name, state: "up", since: SINCE, capabilities: ["x"], ...change[name] }) as Service);
}
const away = (name: string, sinceMs: number | null = Date.parse(SINCE)) => ({ name, sinceMs });

describe("whether anybody watches", () => {
  it.each([
    ["all are there", {}, { is: "watching" }],
    ["what does not find alerts may be away", { recorder: { state: "down" }, intercom: { state: "degraded" } }, { is: "watching" }],
    ["nobody analyses", { detector: { state: "down" } }, { is: "away", away: [away("detector")] }],
    ["analysis hangs", { detector: { state: "degraded" } }, { is: "away", away: [away("detector")] }],
    ["analysis answers and has no model yet", { detector: { capabilities: [] } }, { is: "away", away: [away("detector")] }],
    ["nobody raises alerts", { alerting: { state: "down", since: null } }, { is: "away", away: [away("alerting", null)] }],
    ["in the order of a picture", { alerting: { state: "down" }, ingest: { state: "down" } }, { is: "away", away: [away("ingest"), away("alerting")] }],
  ] as const)("%s", (_, change, expected) => expect(watchingOf({ bus: "up", services: services(change as Record<string, Partial<Service>>) })).toEqual(expected));

  it("is not known without the bus: nobody is seen then", () => {
    expect(watchingOf({ bus: "down", services: services({ ingest: { state: "down" } }) })).toEqual({ is: "unknown" });
  });

  it("a service that is not named is not there", () => {
    expect(watchingOf({ bus: "up", services: services({}).filter((one) => one.name !== "detector") })).toEqual({ is: "away", away: [away("detector", null)] });
  });
});
