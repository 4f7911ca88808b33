/** Reads a page's lists again and again, for as long as the page is there, and only while somebody looks at it. */

import { onBeforeUnmount, onMounted } from "vue";
import { Offline, Problem } from "@/api/client";

/** `may`: whether to, at that moment. What could not be read then is read the next time; who wants it said catches it. */
export function useRefresh(everyMs: number, refresh: () => Promise<unknown>, may: () => boolean = () => true) {
  let timer = 0;

  async function inTurn() {
    if (document.hidden || !may()) return;
    try {
      await refresh();
    } catch (error) {
      if (!(error instanceof Problem) && !(error instanceof Offline)) throw error;
    }
  }

  onMounted(() => {
    timer = window.setInterval(() => void inTurn(), everyMs);
  });
  onBeforeUnmount(() => window.clearInterval(timer));
}
