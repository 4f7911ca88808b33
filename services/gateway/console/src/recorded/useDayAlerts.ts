/** Alerts of the cameras and the day that are played back, and what is wrong where they cannot be read. */

import { onBeforeUnmount, ref, shallowRef, watch, type Ref } from "vue";
import { alertApi } from "@/alerts/api";
import { onFact, why } from "@/alerts/desk";
import type { Alert } from "@/alerts/inbox";
import { maySeeAlerts } from "@/session";
import type { View } from "./timeScale";

/** More of one day are not marked, and it is said. */
const MOST = 200;
const SOON_MS = 1000;

export function useDayAlerts(cameras: Ref<string[]>, day: Ref<View>) {
  const alerts = shallowRef<Alert[]>([]);
  const hasMore = ref(false);
  /** Null: nothing is wrong. Empty: the server was not reached. */
  const trouble = ref<string | null>(null);
  let asked = 0;
  let soon = 0;

  async function read() {
    const mine = ++asked;
    if (!maySeeAlerts() || cameras.value.length === 0) return;
    const query = new URLSearchParams(cameras.value.map((id) => ["camera", id]));
    query.set("start", new Date(day.value.fromMs).toISOString());
    query.set("end", new Date(day.value.toMs).toISOString());
    query.set("limit", String(MOST));
    try {
      const page = await alertApi.page(query.toString());
      if (mine !== asked) return;
      alerts.value = page.items;
      hasMore.value = page.next_cursor != null;
      trouble.value = null;
    } catch (error) {
      const words = why(error);
      if (mine === asked) trouble.value = words;
    }
  }

  // Marks of other cameras, or of another day, are none of these.
  watch([() => cameras.value.join(","), () => day.value.fromMs], () => {
    alerts.value = [];
    hasMore.value = false;
    trouble.value = null;
    void read();
  }, { immediate: true });
  const stopHearing = onFact((name) => {
    if (name !== "alert_raised") return;
    window.clearTimeout(soon);
    soon = window.setTimeout(() => void read(), SOON_MS);
  });
  onBeforeUnmount(() => {
    window.clearTimeout(soon);
    asked++;
    stopHearing();
  });
  return { alerts, hasMore, trouble, read };
}
