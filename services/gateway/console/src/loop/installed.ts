/** The page as an app: kept on the phone for days without a network, and put on the home screen. */

import { onBeforeUnmount, onMounted, ref } from "vue";

/** Only a secure context has service workers; without one everything else works the same. */
export async function keepForOffline(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("/sw.js");
  const ready = await navigator.serviceWorker.ready;
  // What this page consists of was loaded before the worker was there.
  const parts = performance.getEntriesByType("resource").map((entry) => new URL(entry.name).pathname);
  ready.active?.postMessage({ keep: parts.filter((path) => path.startsWith("/assets/")) });
}

interface InstallPrompt extends Event {
  prompt(): Promise<void>;
}

export function useInstall() {
  const asked = ref<InstallPrompt | null>(null);
  const mayInstall = ref(false);

  function hear(event: Event) {
    event.preventDefault();
    asked.value = event as InstallPrompt;
    mayInstall.value = true;
  }

  async function install() {
    mayInstall.value = false;
    await asked.value?.prompt();
  }

  onMounted(() => window.addEventListener("beforeinstallprompt", hear));
  onBeforeUnmount(() => window.removeEventListener("beforeinstallprompt", hear));
  return { mayInstall, install };
}
