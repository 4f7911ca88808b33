import { expect, it } from "vitest";
import { Offline, Problem } from "@/api/client";
import { alertsOf } from "./alertsOf";
import type { Alert } from "./api";

const alert = (id: string) => ({ id }) as Alert;

it("tells of each alert that can be read, whatever became of the others", async () => {
  const told: string[] = [];
  const gone = new Problem(404, "", "There is no such alert.", {});
  const refusals = await alertsOf(["a", "gone", "b", "away", "a"], async (id) => {
    if (id === "gone") throw gone;
    if (id === "away") throw new Offline("offline");
    return alert(id);
  }, (one) => told.push(one.id));
  expect(told).toEqual(["a", "b"]);
  expect(refusals).toEqual([gone, new Offline("offline")]);
});

it("tells of one without waiting for the slowest", async () => {
  const told: string[] = [];
  let go: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (go = resolve));
  const all = alertsOf(["slow", "quick"], async (id) => {
    if (id === "slow") await slow;
    return alert(id);
  }, (one) => {
    told.push(one.id);
    if (one.id === "quick") go();
  });
  await all;
  expect(told).toEqual(["quick", "slow"]);
});

it("does not swallow a fault of ours", async () => {
  await expect(alertsOf(["a"], async () => Promise.reject(new TypeError("ours")), () => undefined)).rejects.toThrow("ours");
});
