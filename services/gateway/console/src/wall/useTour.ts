/** A patrol on the live page: turns its pages, and stops where an alert comes of a camera that is shown. */

import { computed, onBeforeUnmount, onMounted, reactive, ref, shallowRef, watch, type Ref } from "vue";
import * as desk from "@/alerts/desk";
import type { Alert } from "@/alerts/inbox";
import { Tour } from "./tour";

const TICK_MS = 250;
/** Facts whose alert is not read yet; older ones are let go. */
const FRESH_MAX = 50;

interface Pages {
  page: Ref<number>;
  pages: Ref<number>;
  /** Ids of the cameras that are shown. */
  shown: Ref<string[]>;
  /** Somebody looks closer, or speaks: nothing is turned meanwhile. */
  isHeld: Ref<boolean>;
  dwellS: Ref<number>;
  toPage: (page: number) => void;
}

export function useTour(page: Pages) {
  const tour = reactive(new Tour(page.dwellS.value));
  const nowMs = ref(Date.now());
  const alert = shallowRef<Alert | null>(null);
  const fresh = new Set<string>();
  let timer = 0;

  function tick() {
    if (!tour.isOn) return;
    nowMs.value = Date.now();
    if (page.isHeld.value || document.hidden) {
      if (tour.phase === "runs") tour.again(nowMs.value);
      return;
    }
    const to = tour.turn(nowMs.value, page.page.value, page.pages.value);
    if (to !== null) page.toPage(to);
  }

  function toggle() {
    tour.toggle(Date.now());
    nowMs.value = Date.now();
  }

  const stopHearing = desk.onFact((name, id) => {
    if (name !== "alert_raised") return;
    fresh.add(id);
    for (const old of fresh) if (fresh.size > FRESH_MAX) fresh.delete(old);
  });
  // A fact names an alert; which cameras see it is known when the inbox has read it.
  watch(desk.waiting, (waiting) => {
    for (const id of fresh) {
      const found = waiting(id);
      if (found === null) continue;
      fresh.delete(id);
      const cameras = [found.camera, ...found.cameras];
      if (tour.hearAlert(id, cameras, page.shown.value)) alert.value = found;
    }
  });
  watch(page.dwellS, (dwellS) => (tour.dwellS = dwellS));
  watch(page.page, () => tour.again(Date.now()));

  onMounted(() => (timer = window.setInterval(tick, TICK_MS)));
  onBeforeUnmount(() => {
    stopHearing();
    window.clearInterval(timer);
  });
  return {
    phase: computed(() => tour.phase),
    part: computed(() => tour.part(nowMs.value)),
    /** What made it stop; null while it runs. */
    alert: computed(() => (tour.phase === "alert" ? alert.value : null)),
    toggle,
    stop: () => tour.stop(),
  };
}
