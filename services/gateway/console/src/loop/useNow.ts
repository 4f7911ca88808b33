/** The moment it is, for what counts down. */

import { onBeforeUnmount, ref, type Ref } from "vue";

export function useNow(everyMs = 15_000): Ref<number> {
  const now = ref(Date.now());
  const timer = window.setInterval(() => (now.value = Date.now()), everyMs);
  onBeforeUnmount(() => window.clearInterval(timer));
  return now;
}
