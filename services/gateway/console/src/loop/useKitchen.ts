/** What a school's phone shows: what is wrong, and what it was when there was a network last. */

import { computed, onBeforeUnmount, onMounted, ref } from "vue";
import { api, Offline, type Camera, type Schemas } from "@/api/client";
import { beforeLogOut, user } from "@/session";
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

async function fetched(known: Record<string, Alert>): Promise<Shown> {
  const [cases, going, cameras, sites] = await Promise.all([
    loop.cases({ state: "open", limit: "100" }), loop.alerts({ risk: "1", progress: "going_on", limit: "20" }), api.cameras(), api.sites(),
  ]);
  const alerts: Record<string, Alert> = {};
  for (const id of cases.items.flatMap((one) => one.alerts.slice(0, 1))) alerts[id] = known[id] ?? (await loop.alert(id));
  // What a person called false is no warning; what is in a case is told there.
  const warnings = going.items.filter((alert) => alert.review?.verdict !== "false" && !alert.case);
  return { cases: cases.items, alerts, warnings, cameras, sites };
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

  async function load() {
    try {
      shown.value = await fetched(shown.value?.alerts ?? {});
      [isOffline.value, trouble.value, seenMs.value] = [false, "", Date.now()];
      await seen.put(key(), kept(shown.value));
    } catch (error) {
      if (!(error instanceof Offline)) {
        trouble.value = said(error);
        return;
      }
      isOffline.value = true;
      if (shown.value !== null) return;
      const before = await seen.get<Shown>(key());
      if (before !== null) [shown.value, seenMs.value] = [before.what, before.atMs];
    }
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
