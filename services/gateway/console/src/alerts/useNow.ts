/** What time it is, once a second, for as long as somebody looks. */

import { onBeforeUnmount, onMounted, ref } from "vue";

const now = ref(Date.now());
let users = 0;
let timer = 0;

export function useNow() {
  onMounted(() => {
    now.value = Date.now();
    if (users++ === 0) timer = window.setInterval(() => (now.value = Date.now()), 1000);
  });
  onBeforeUnmount(() => {
    if (--users === 0) window.clearInterval(timer);
  });
  return now;
}
