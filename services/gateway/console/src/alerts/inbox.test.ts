import { describe, expect, it } from "vitest";
import { following, Inbox, neighbour, rowsOf, type Alert } from "./inbox";

let made = 0;
function alert(id: string, risk: 1 | 2 | 3, second: number, change: Partial<Alert> = {}): Alert {
  const at = new Date(Date.UTC(2026, 10, 24, 4, 0, second)).toISOString();
  return {
    id, risk, site: "s", camera: `c${made++}`, cameras: [], rule: "no_mask", rule_version: 1, detail: "", progress: "going_on",
    first_at: at, raised_at: at, last_at: at, broken: 3, looked: 5, frames: [], models: {}, thresholds: {}, picture_faults: [],
    is_silent: false, latency_ms: {}, hops: {}, silence: null, outage: null, sites: [], cameras_away: [], folded_into: null, warning: null, ...change,
  };
}
const ids = (alerts: Alert[]) => rowsOf(alerts).map((row) => [row.alert.id, ...row.older.map((one) => one.id)].join("+"));

describe("the order", () => {
  it("is class first, then newest", () => {
    expect(ids([alert("old", 2, 1), alert("grave", 1, 0), alert("new", 2, 9), alert("light", 3, 20)])).toEqual(["grave", "new", "old", "light"]);
  });

  it("folds the same of one camera and no other", () => {
    const same = { camera: "cook" };
    const found = ids([alert("a", 2, 1, same), alert("b", 2, 5, same), alert("hat", 2, 3, { ...same, rule: "no_hat" }), alert("c", 2, 2)]);
    expect(found).toEqual(["b+a", "hat", "c"]);
  });
});

describe("after several were judged at once", () => {
  const same = { camera: "cook" };
  const rows = rowsOf([alert("a1", 2, 9, same), alert("a2", 2, 8, same), alert("a3", 2, 7, same), alert("b", 2, 5), alert("c", 3, 1)]);

  it("none of them is next", () => {
    expect(following(rows, "a1", ["a2", "a3"])).toBe("b");
    expect(following(rows, "a2", ["a1", "a3"])).toBe("b");
    expect(following(rows, "a2", ["a3"])).toBe("b");
    expect(following(rows, "a1")).toBe("a2");
    expect(following(rowsOf([alert("x", 2, 1, same), alert("y", 2, 2, same)]), "x", ["y"])).toBeNull();
  });
});

describe("after a judgement", () => {
  const rows = rowsOf([alert("g", 1, 5), alert("a", 2, 9), alert("b", 2, 5), alert("c", 3, 1)]);
  it.each([
    ["the next below", "g", "a"],
    ["something graver first", "b", "g"],
    ["the last one: the gravest", "c", "g"],
  ])("%s", (_, judged, next) => expect(following(rows, judged)).toBe(next));

  it("goes on below in the same class", () => {
    expect(following(rowsOf([alert("a", 2, 9), alert("b", 2, 5), alert("c", 3, 1)]), "a")).toBe("b");
  });

  it("goes through what is folded", () => {
    const same = { camera: "cook" };
    expect(following(rowsOf([alert("a", 2, 1, same), alert("b", 2, 5, same)]), "b")).toBe("a");
  });

  it("is quiet after the only one", () => expect(following(rowsOf([alert("a", 2, 1)]), "a")).toBeNull());
});

it("moves between rows and stays at the ends", () => {
  const rows = rowsOf([alert("a", 2, 9), alert("b", 2, 5)]);
  expect([neighbour(rows, "a", 1), neighbour(rows, "b", 1), neighbour(rows, "a", -1), neighbour(rows, "gone", 1), neighbour([], "a", 1)]).toEqual(
    ["b", "b", "a", "a", null],
  );
});

describe("the inbox", () => {
  it("keeps what changed while the list was read", () => {
    const inbox = new Inbox();
    inbox.read([alert("old", 2, 1), alert("judged", 2, 2), alert("gone", 2, 3)]);
    inbox.beginReading();
    inbox.put(alert("new", 1, 9));
    inbox.drop("judged");
    inbox.change("old", { progress: "over" });
    inbox.read([alert("old", 2, 1), alert("judged", 2, 2)]);
    expect(inbox.alerts.map((one) => [one.id, one.progress]).sort()).toEqual([["new", "going_on"], ["old", "over"]]);
  });

  it("does not take what is judged or silent, nor changes what is not there", () => {
    const inbox = new Inbox();
    inbox.put(alert("a", 2, 1, { is_silent: true }));
    inbox.put(alert("b", 2, 1, { review: { verdict: "false", by: "li", at: "", note: "" } }));
    inbox.change("c", { progress: "over" });
    expect(inbox.alerts).toEqual([]);
  });
});
