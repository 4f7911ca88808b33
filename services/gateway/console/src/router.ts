/** Which page stands at which address. Watch and Live are dark, forms are light. */

import { createRouter, createWebHistory } from "vue-router";
import { whenLoginEnds } from "@/api/client";
import { forget, home, isLoggedIn } from "@/session";

declare module "vue-router" {
  interface RouteMeta {
    isDark?: boolean;
    isPublic?: boolean;
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    // Not a redirect: those are followed before it is known who is there.
    { path: "/", component: () => import("@/views/LiveWall.vue"), beforeEnter: () => home() },
    { path: "/login", component: () => import("@/views/LogIn.vue"), meta: { isPublic: true, isDark: true } },
    { path: "/watch", component: () => import("@/views/WatchPage.vue"), meta: { isDark: true } },
    { path: "/alerts", component: () => import("@/views/AlertList.vue") },
    { path: "/live", component: () => import("@/views/LiveWall.vue"), meta: { isDark: true } },
    { path: "/playback", component: () => import("@/views/PlaybackPage.vue"), meta: { isDark: true } },
    { path: "/cameras", component: () => import("@/views/CameraList.vue") },
    { path: "/sites", component: () => import("@/views/SiteList.vue") },
    { path: "/status", component: () => import("@/views/SystemStatus.vue") },
    { path: "/:rest(.*)*", redirect: "/" },
  ],
});

router.beforeEach(async (to) => {
  document.documentElement.className = to.meta.isDark === true ? "dark" : "light";
  if (to.meta.isPublic === true || (await isLoggedIn())) return true;
  return { path: "/login", query: to.fullPath === "/" ? {} : { next: to.fullPath } };
});

whenLoginEnds(() => {
  forget();
  if (router.currentRoute.value.path !== "/login") {
    void router.push({ path: "/login", query: { next: router.currentRoute.value.fullPath } });
  }
});
