/** What happens, as it happens: the page hears of it and reads anew. Ends with the component. */

import { onBeforeUnmount, onMounted } from "vue";

/** The first connection that fails for good (a full server, a proxy) is tried again after so long. */
const AGAIN_MS = 5000;
/** Several facts of one deed make one reading. */
const TOGETHER_MS = 150;

/**
 * Args: names: of facts; onNews: also called when the connection is back after it was lost for longer than the server
 * remembers. A browser comes back by itself, and says where it was.
 */
export function useNews(names: readonly string[], onNews: () => void): void {
  let source: EventSource | null = null;
  let again = 0;
  let soon = 0;

  function hear() {
    window.clearTimeout(soon);
    soon = window.setTimeout(onNews, TOGETHER_MS);
  }

  function open() {
    const query = names.map((name) => `name=${name}`).join("&");
    source = new EventSource(`/api/v1/events?${query}`);
    for (const name of names) source.addEventListener(name, hear);
    source.addEventListener("reset", () => {
      hear();
      reopen(0);
    });
    source.addEventListener("error", () => {
      if (source?.readyState === EventSource.CLOSED) reopen(AGAIN_MS);
    });
  }

  function reopen(afterMs: number) {
    source?.close();
    source = null;
    window.clearTimeout(again);
    again = window.setTimeout(() => {
      hear();
      open();
    }, afterMs);
  }

  onMounted(open);
  onBeforeUnmount(() => {
    window.clearTimeout(again);
    window.clearTimeout(soon);
    source?.close();
  });
}
