/** What is typed, and what is found: asked when the hand rests, answers to older words dropped. */

import { onBeforeUnmount, onMounted, ref, shallowRef, watch } from "vue";
import { Offline } from "@/api/client";
import { find, learnNames, siteNames } from "./api";
import type { Group, Kind } from "./things";

const REST_MS = 180;
export type State = "idle" | "asking" | "found" | "offline";

export function useSearch() {
  const text = ref("");
  const state = ref<State>("idle");
  const groups = shallowRef<Group[]>([]);
  const missing = ref<Kind[]>([]);
  const names = shallowRef(new Map<string, string>());
  /** The words that `groups` were found with. */
  const words = ref("");
  let timer = 0;
  let asked = 0;

  async function ask() {
    window.clearTimeout(timer);
    const mine = ++asked;
    const typed = text.value.trim();
    if (typed === "") return;
    try {
      const found = await find(typed);
      if (mine !== asked) return;
      [groups.value, missing.value, words.value, state.value] = [found.groups, found.missing, typed, "found"];
      const things = found.groups.flatMap((group) => group.things);
      learnNames(things);
      names.value = await siteNames(things.map((thing) => thing.site));
    } catch (error) {
      if (!(error instanceof Offline)) throw error;
      if (mine !== asked) return;
      [groups.value, missing.value, state.value] = [[], [], "offline"];
    }
  }

  watch(text, () => {
    window.clearTimeout(timer);
    asked++;
    if (text.value.trim() === "") {
      [groups.value, missing.value, state.value] = [[], [], "idle"];
      return;
    }
    state.value = "asking";
    timer = window.setTimeout(() => void ask(), REST_MS);
  });

  const again = () => {
    if (text.value.trim() === "") return;
    state.value = "asking";
    void ask();
  };
  const back = () => state.value === "offline" && again();
  onMounted(() => window.addEventListener("online", back));
  onBeforeUnmount(() => {
    window.clearTimeout(timer);
    asked++;
    window.removeEventListener("online", back);
  });

  return { text, state, groups, missing, words, names, again };
}
