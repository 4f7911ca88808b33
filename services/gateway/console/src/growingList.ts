/** A list that grows page by page, and is read anew as far as it has grown. */

import { ref, shallowRef } from "vue";

export interface PageOf<T> {
  items: T[];
  next_cursor?: string | null;
}

/** = the server's limit */
const ONE_READING_MAX = 500;

/**
 * Args: page: reads so many items behind the cursor; size: of a page.
 *
 * Each resolves to whether it counts: a reading that was overtaken by a later one changes nothing, and what went wrong
 * with it is nobody's concern.
 */
export function growingList<T>(page: (limit: number, cursor: string | undefined) => Promise<PageOf<T>>, size: number) {
  const items = shallowRef<T[] | null>(null);
  const next = ref<string | null>(null);
  let wanted = size;
  let turn = 0;

  async function read(kept: T[], cursor: string | undefined): Promise<boolean> {
    const mine = ++turn;
    const found = [...kept];
    let after = cursor;
    try {
      do {
        const got = await page(Math.min(ONE_READING_MAX, wanted - found.length), after);
        if (mine !== turn) return false;
        found.push(...got.items);
        after = got.next_cursor ?? undefined;
      } while (after !== undefined && found.length < wanted);
    } catch (error) {
      if (mine !== turn) return false;
      throw error;
    }
    items.value = found;
    next.value = after ?? null;
    return true;
  }

  return {
    items,
    next,
    /** The same list as it is now, all of what was loaded. */
    again: () => read([], undefined),
    /** Another list: from its beginning. */
    anew: () => {
      wanted = size;
      return read([], undefined);
    },
    more: () => {
      wanted = (items.value?.length ?? 0) + size;
      return read(items.value ?? [], next.value ?? undefined);
    },
  };
}
