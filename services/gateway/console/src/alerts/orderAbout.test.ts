import { describe, expect, it } from "vitest";
import type { Judged } from "./desk";
import type { Alert } from "./inbox";
import { orderAbout } from "./orderAbout";

const alert = (id: string) => ({ id }) as Alert;
const judged = (id: string, verdict: Judged["verdict"]): Judged => ({ alert: alert(id), verdict });

describe("an order", () => {
  it.each<[string, Alert | null, Judged | null, boolean, string | null]>([
    ["is about the one that is shown", alert("b"), null, true, "b"],
    ["is about what was confirmed, though the next came up by itself", alert("b"), judged("a", "confirmed"), false, "a"],
    ["is about what was confirmed, where nothing waits any more", null, judged("a", "confirmed"), false, "a"],
    ["is about what was confirmed, where a person left the list's alerts", null, judged("a", "confirmed"), true, "a"],
    ["is about the one that a person turned to after that", alert("b"), judged("a", "confirmed"), true, "b"],
    ["is never about a false alarm that is gone", alert("b"), judged("a", "false"), false, "b"],
    ["is about nothing where the last was no violation", null, judged("a", "unclear"), false, null],
    ["is about the one that is shown again to be corrected", alert("a"), judged("a", "confirmed"), false, "a"],
  ])("%s", (_, chosen, last, isByHand, expected) => expect(orderAbout(chosen, last, isByHand)?.id ?? null).toBe(expected));

  it("is about nothing where the judgement before was not taken, until a person turns to one", () => {
    expect(orderAbout(alert("b"), null, false, true)).toBeNull();
    expect(orderAbout(alert("b"), null, true, true)?.id).toBe("b");
  });
});
