/** Puts pictures into another order, by drag or by Shift and an arrow key. */

import { computed, nextTick, ref, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import type { Camera } from "@/api/client";
import { arranged, merged, moved, type Layout } from "./layout";

interface Page {
  cameras: Ref<Camera[] | null>;
  /** What is looked at, such as one school's, in its order. */
  shown: Ref<Camera[]>;
  columns: Ref<number>;
  perPage: Ref<number>;
  mayMove: Ref<boolean>;
  toPage: (page: number) => void;
}

export function useOrder(layout: Ref<Layout>, page: Page) {
  const { t } = useI18n();
  const dragged = ref<string | null>(null);
  const over = ref<string | null>(null);
  /** Said to whoever does not see it. */
  const said = ref("");
  const all = computed(() => arranged(page.cameras.value ?? [], layout.value.order).map((camera) => camera.id));

  function move(id: string, to: string) {
    const ids = page.shown.value.map((camera) => camera.id);
    const order = moved(ids, id, to);
    if (order === ids) return;
    const name = page.shown.value.find((camera) => camera.id === id)?.name ?? id;
    layout.value.order = merged(all.value, order);
    said.value = t("wall.order.moved", { name, n: order.indexOf(id) + 1 });
  }

  /** True where the key was for this. */
  function onKey(event: KeyboardEvent): boolean {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -page.columns.value, ArrowDown: page.columns.value }[event.key];
    if (!event.shiftKey || step === undefined || !page.mayMove.value || !(event.target instanceof Element)) return false;
    const id = event.target.closest<HTMLElement>(".tile")?.dataset["camera"];
    const from = page.shown.value.findIndex((camera) => camera.id === id);
    const to = page.shown.value[from + step];
    if (id === undefined || from < 0 || to === undefined) return false;
    event.preventDefault();
    move(id, to.id);
    page.toPage(Math.floor((from + step) / page.perPage.value) + 1);
    void nextTick(() => document.querySelector<HTMLElement>(`.tile[data-camera="${CSS.escape(id)}"]`)?.focus());
    return true;
  }

  /** For each tile: it is taken, and others are put in its place. */
  function handles(id: string) {
    if (!page.mayMove.value) return {};
    return {
      draggable: true,
      onDragstart: (event: DragEvent) => {
        dragged.value = id;
        if (event.dataTransfer !== null) event.dataTransfer.effectAllowed = "move";
      },
      onDragover: (event: DragEvent) => {
        if (dragged.value === null) return; // of another page, or a file
        event.preventDefault();
        over.value = id;
      },
      onDrop: (event: DragEvent) => {
        event.preventDefault();
        if (dragged.value !== null) move(dragged.value, id);
      },
      onDragend: () => (dragged.value = over.value = null),
    };
  }

  const target = computed(() => (dragged.value !== null && over.value !== dragged.value ? over.value : null));
  return { onKey, handles, target, said };
}
