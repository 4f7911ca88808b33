/** What a school's phone shows: what is wrong, and what it was when there was a network last. */

import { computed, onBeforeUnmount, onMounted, ref } from "vue";
import { api, Offline, type Camera, type Schemas } from "@/api/client";
import { beforeLogOut, user } from "@/session";
import { alertsOf } from "./alertsOf";
import { seen } from "./answer/draftStore";
import { loop, type Alert, type Case, type Order } from "./api";
import { useNews } from "./news";
import { said } from "./trouble";

interface Shown {
  cases: Case[];
  alerts: Record<string, Alert>;
  warnings: Alert[];
  cameras: Camera[];
  sites: Schemas["SiteAnswer"][];
}

export interface Wrong {
  order: Order;
  alert: Alert | null;
}

const AT_ONCE = 100;

/** The orders are what it is about; of what else is refused, the last that was known stands. */
async function fetched(before: Shown | null): Promise<{ shown: Shown; refusals: unknown[] }> {
  const [cases, going, cameras, sites] = await Promise.allSettled([
    loop.cases({ state: "open", limit: String(AT_ONCE) }), loop.alerts({ risk: "1", progress: "going_on", limit: "20" }), api.cameras(), api.sites(),
  ]);
  if (cases.status === "rejected") throw cases.reason;
  // What a person called false is no warning; what is in a case is told there.
  const warnings = (page: { items: Alert[] }) => page.items.filter((alert) => alert.review?.verdict !== "false" && !alert.case);
  const known = Object.entries(before?.alerts ?? {}).filter(([id]) => cases.value.items.some((one) => one.alerts[0] === id));
  const shown = {
    cases: cases.value.items,
    alerts: Object.fromEntries(known),
    warnings: going.status === "fulfilled" ? warnings(going.value) : (before?.warnings ?? []),
    cameras: cameras.status === "fulfilled" ? cameras.value : (before?.cameras ?? []),
    sites: sites.status === "fulfilled" ? sites.value : (before?.sites ?? []),
  };
  return { shown, refusals: [going, cameras, sites].flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : [])) };
}

/** What may lie on a phone: the pages' plain values, and no addresses of cameras. */
function kept(shown: Shown): Shown {
  const plain = JSON.parse(JSON.stringify(shown)) as Shown;
  for (const camera of plain.cameras) Object.assign(camera, { main: { ...camera.main, url: "" }, sub: null, username: null });
  return plain;
}

export function useKitchen() {
  const shown = ref<Shown | null>(null);
  const seenMs = ref(Date.now());
  const isOffline = ref(false);
  const trouble = ref("");
  const key = () => `kitchen/${user.value?.name ?? ""}`;

  let turn = 0;

  async function load() {
    const mine = ++turn;
    try {
      const { shown: found, refusals } = await fetched(shown.value);
      if (mine !== turn) return;
      shown.value = found;
      [isOffline.value, trouble.value, seenMs.value] = [refusals.some((one) => one instanceof Offline), "", Date.now()];
      await seen.put(key(), kept(found));
      const firsts = found.cases.flatMap((one) => one.alerts.slice(0, 1)).filter((id) => found.alerts[id] === undefined);
      // The sentence and its deadline are there already; the pictures come as they come.
      refusals.push(...await alertsOf(firsts, loop.alert, (alert) => {
        if (mine === turn && shown.value !== null) shown.value = { ...shown.value, alerts: { ...shown.value.alerts, [alert.id]: alert } };
      }));
      if (mine !== turn || shown.value === null) return;
      trouble.value = [...new Set(refusals.filter((one) => !(one instanceof Offline)).map(said))].join(" ");
      if (firsts.length > 0) await seen.put(key(), kept(shown.value));
    } catch (error) {
      if (mine !== turn) return;
      await failed(error);
    }
  }

  async function failed(error: unknown) {
    if (!(error instanceof Offline)) {
      trouble.value = said(error);
      return;
    }
    isOffline.value = true;
    if (shown.value !== null) return;
    const before = await seen.get<Shown>(key());
    if (before !== null) [shown.value, seenMs.value] = [before.what, before.atMs];
  }

  function replace(order: Order) {
    for (const one of shown.value?.cases ?? []) one.orders = one.orders.map((each) => (each.id === order.id ? order : each));
  }

  /** It is before their eyes: the bureau is told. */
  async function read(order: Order) {
    if (order.state !== "served") return;
    try {
      replace(await loop.step(order.id, { action: "read" }));
    } catch (error) {
      if (!(error instanceof Offline)) trouble.value = said(error);
    }
  }

  const orders = computed<Wrong[]>(() => (shown.value?.cases ?? []).flatMap((one) => {
    const first = one.alerts[0];
    const alert = first === undefined ? null : (shown.value?.alerts[first] ?? null);
    return one.orders.map((order) => ({ order, alert }));
  }));
  const wrong = computed(() => orders.value
    .filter(({ order }) => order.state === "served" || order.state === "read")
    .sort((one, other) => Date.parse(one.order.due_at) - Date.parse(other.order.due_at)));
  const waiting = computed(() => orders.value.filter(({ order }) => order.state === "answered" || order.state === "appealed"));

  const onNetwork = () => void load();
  const onNoNetwork = () => (isOffline.value = true);
  onMounted(() => {
    window.addEventListener("online", onNetwork);
    window.addEventListener("offline", onNoNetwork);
    void load();
  });
  const takeBack = beforeLogOut(() => seen.remove(key()));
  onBeforeUnmount(() => {
    takeBack();
    window.removeEventListener("online", onNetwork);
    window.removeEventListener("offline", onNoNetwork);
  });
  useNews(["order_changed", "case_opened", "case_closed", "alert_raised", "alert_reviewed", "alert_closed"], () => void load());

  return { shown, seenMs, isOffline, trouble, wrong, waiting, read, load };
}
