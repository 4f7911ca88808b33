import { expect, it } from "vitest";
import type { Alert, Case, Order, Step } from "./api";
import { closingReason, rangeAround, rangesToSeal, readAt, timelineOf } from "./timeline";

const at = (second: number) => new Date(Date.UTC(2026, 10, 25, 2, 0, second)).toISOString();
const step = (number: number, action: string, second: number, more: Partial<Step> = {}) =>
  ({ number, action, by: "li", at: at(second), text: "", photos: [], state: "served", ...more }) as Step;
const best = { camera: "cook-1", at_us: Date.parse(at(50)) * 1000 };
const order = {
  id: "o1", steps: [step(1, "serve", 20), step(2, "read", 30), step(3, "answer", 40), step(4, "check", 55, { check: { after: best } } as Partial<Step>)],
} as Order;
const found = {
  id: "c1", opened_at: at(20), opened_by: "li", closed_at: at(59), closed_by: "li", orders: [order],
  notes: [{ by: "li", at: at(25), text: "called", is_closing: false }, { by: "li", at: at(59), text: "done", is_closing: true }],
} as unknown as Case;
const alert = {
  id: "a1", first_at: at(0), raised_at: at(4), best: { camera: "cook-1", at: at(2) }, review: { verdict: "confirmed", by: "li", at: at(10), note: "" },
} as unknown as Alert;

it("tells everything once, in the order in which it happened", () => {
  const told = timelineOf(found, [alert]).map((entry) => (entry.kind === "step" ? entry.step.action : entry.kind));
  expect(told).toEqual(["seen", "reviewed", "opened", "serve", "note", "read", "answer", "check", "closed"]);
  expect(closingReason(found)).toBe("done");
});

it("seals around the violation and around the correction, and nothing of the future", () => {
  const now = Date.parse(at(58));
  expect(rangesToSeal(found, [alert], now)).toEqual([
    { camera: "cook-1", fromMs: Date.parse(at(0)) - 30_000, toMs: Date.parse(at(4)) + 30_000, stillMs: Date.parse(at(2)) },
    { camera: "cook-1", fromMs: Date.parse(at(50)) - 30_000, toMs: now, stillMs: Date.parse(at(50)) },
  ]);
  expect(rangesToSeal({ ...found, orders: [] }, [{ ...alert, best: null } as Alert], now)).toEqual([]);
});

it("seals around what somebody saw, up to now", () => {
  const atMs = Date.parse(at(10));
  expect(rangeAround("cook-1", atMs, Date.parse(at(59)))).toEqual({ camera: "cook-1", fromMs: atMs - 30_000, toMs: atMs + 30_000, stillMs: atMs });
  expect(rangeAround("cook-1", atMs, atMs + 2000).toMs).toBe(atMs + 2000);
});

it("a receipt is for what has to be done now", () => {
  expect(readAt(order)).toBe(at(30));
  const sentBack = { ...order, steps: [...order.steps, step(5, "reopen", 56)] } as Order;
  expect(readAt(sentBack)).toBeNull();
  expect(readAt({ ...sentBack, steps: [...sentBack.steps, step(6, "read", 57)] } as Order)).toBe(at(57));
});
