/** Starts the console. */

import { createApp } from "vue";
import App from "./App.vue";
import { i18n } from "./i18n";
import { router } from "./router";
import "element-plus/theme-chalk/base.css";
import "./styles/tokens.css";
import "./styles/base.css";

// A click on a notification, heard by a page that is open already: it stays what it is, and goes there.
navigator.serviceWorker?.addEventListener("message", (event: MessageEvent<{ open?: unknown }>) => {
  const path = event.data?.open;
  if (typeof path === "string" && /^\/(?!\/)/.test(path)) void router.push(path);
});

document.documentElement.lang = i18n.global.locale.value;
createApp(App).use(i18n).use(router).mount("#app");
