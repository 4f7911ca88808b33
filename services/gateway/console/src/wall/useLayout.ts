/** The layout that this person has on this device. */

import { ref, watch, type Ref } from "vue";
import { user } from "@/session";
import { parse, type Layout } from "./layout";

export function useLayout(): Ref<Layout> {
  const key = `bk-live:${user.value?.name ?? ""}`;
  const layout = ref(parse(localStorage.getItem(key)));
  watch(
    layout,
    (kept) => {
      try {
        localStorage.setItem(key, JSON.stringify(kept));
      } catch {
        // A full store: it holds until the page is left.
      }
    },
    { deep: true },
  );
  return layout;
}
