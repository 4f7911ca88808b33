/** Which page stands at which address. Live is dark, forms are light. */

import { createRouter, createWebHistory } from "vue-router";
import { whenLoginEnds } from "@/api/client";
import { enter, tokenOf } from "@/rooms/guest";
import { forget, isLoggedIn } from "@/session";

declare module "vue-router" {
  interface RouteMeta {
    isDark?: boolean;
    isPublic?: boolean;
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/", redirect: "/live" },
    { path: "/login", component: () => import("@/views/LogIn.vue"), meta: { isPublic: true, isDark: true } },
    { path: "/live", component: () => import("@/views/LiveWall.vue"), meta: { isDark: true } },
    { path: "/playback", component: () => import("@/views/PlaybackPage.vue"), meta: { isDark: true } },
    { path: "/broadcast", component: () => import("@/views/BroadcastPage.vue") },
    { path: "/broadcast/announcements", component: () => import("@/views/AnnouncementsPage.vue") },
    { path: "/broadcast/drills", component: () => import("@/views/DrillsPage.vue") },
    { path: "/broadcast/talks", component: () => import("@/views/TalkRecordsPage.vue") },
    { path: "/rooms", component: () => import("@/views/RoomsPage.vue") },
    { path: "/rooms/:id", component: () => import("@/views/RoomPage.vue"), meta: { isDark: true } },
    { path: "/cameras", component: () => import("@/views/CameraList.vue") },
    { path: "/sites", component: () => import("@/views/SiteList.vue") },
    { path: "/status", component: () => import("@/views/SystemStatus.vue") },
    { path: "/:rest(.*)*", redirect: "/live" },
  ],
});

router.beforeEach(async (to) => {
  document.documentElement.className = to.meta.isDark === true ? "dark" : "light";
  const guest = to.path.startsWith("/rooms/") ? tokenOf(to.hash) : null;
  if (guest !== null && (await enter(guest))) return { path: to.path, replace: true };
  if (to.meta.isPublic === true || (await isLoggedIn())) return true;
  return { path: "/login", query: to.fullPath === "/live" ? {} : { next: to.fullPath } };
});

whenLoginEnds(() => {
  forget();
  if (router.currentRoute.value.path !== "/login") {
    void router.push({ path: "/login", query: { next: router.currentRoute.value.fullPath } });
  }
});
