/** Which page stands at which address. Watch and Live are dark, forms are light. */

import { createRouter, createWebHistory } from "vue-router";
import { whenLoginEnds } from "@/api/client";
import { tabsOf } from "@/manage/tabs";
import { enter, tokenOf } from "@/rooms/guest";
import { askAgain, forget, home, isLoggedIn, mayInspect, user } from "@/session";

declare module "vue-router" {
  interface RouteMeta {
    isDark?: boolean;
    isPublic?: boolean;
    /** Stands by itself, without the frame and its menu. */
    isBare?: boolean;
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    // Whose page is the first one is known once they are logged in.
    { path: "/", component: { render: () => null }, beforeEnter: () => home() },
    // Whoever has a link: no log-in is asked for, and none is used.
    { path: "/public/:token", component: () => import("@/public/PublicScreen.vue"), meta: { isPublic: true } },
    { path: "/login", component: () => import("@/views/LogIn.vue"), meta: { isPublic: true, isDark: true } },
    { path: "/watch", component: () => import("@/views/WatchPage.vue"), meta: { isDark: true } },
    { path: "/alerts", component: () => import("@/views/AlertList.vue") },
    { path: "/alerts/:id", redirect: (to) => ({ path: "/watch", query: { alert: String(to.params["id"]) } }) },
    { path: "/live", component: () => import("@/views/LiveWall.vue"), meta: { isDark: true } },
    { path: "/wall", component: () => import("@/wall/WallScreen.vue"), meta: { isDark: true, isBare: true } },
    { path: "/playback", component: () => import("@/views/PlaybackPage.vue"), meta: { isDark: true } },
    { path: "/cases", component: () => import("@/loop/CaseList.vue") },
    { path: "/cases/:id", component: () => import("@/loop/CasePage.vue") },
    { path: "/orders", component: () => import("@/loop/OrderList.vue") },
    { path: "/orders/new", component: () => import("@/loop/OrderNew.vue") },
    { path: "/orders/:id", component: () => import("@/loop/OrderPage.vue") },
    { path: "/orders/:id/print", component: () => import("@/loop/OrderPrint.vue"), meta: { isBare: true } },
    { path: "/kitchen", component: () => import("@/loop/KitchenPage.vue"), meta: { isBare: true } },
    { path: "/broadcast", component: () => import("@/views/BroadcastPage.vue") },
    { path: "/broadcast/past", component: () => import("@/views/PastBroadcasts.vue") },
    { path: "/broadcast/announcements", component: () => import("@/views/AnnouncementsPage.vue") },
    { path: "/broadcast/drills", component: () => import("@/views/DrillsPage.vue") },
    { path: "/broadcast/talks", component: () => import("@/views/TalkRecordsPage.vue") },
    { path: "/figures", component: () => import("@/figures/FiguresPage.vue") },
    { path: "/inspections", component: () => import("@/inspections/LookList.vue"), beforeEnter: () => mayInspect() || "/inspections/draws" },
    { path: "/inspections/draws", component: () => import("@/inspections/DrawList.vue") },
    { path: "/inspections/draws/new", component: () => import("@/inspections/DrawForm.vue") },
    { path: "/inspections/draws/:id", component: () => import("@/inspections/DrawPage.vue") },
    { path: "/inspections/coverage", component: () => import("@/inspections/CoveragePage.vue") },
    { path: "/rooms", component: () => import("@/views/RoomsPage.vue") },
    { path: "/rooms/:id", component: () => import("@/views/RoomPage.vue"), meta: { isDark: true } },
    { path: "/cameras", component: () => import("@/views/CameraList.vue") },
    { path: "/sites", component: () => import("@/views/SiteList.vue") },
    { path: "/audit", component: () => import("@/audit/AuditPage.vue") },
    { path: "/watching", component: () => import("@/audit/WatchingPage.vue") },
    { path: "/status", component: () => import("@/views/SystemStatus.vue") },
    { path: "/account", component: () => import("@/account/AccountPage.vue") },
    { path: "/manage", component: { render: () => null }, beforeEnter: () => `/manage/${tabsOf(user.value?.roles ?? [], user.value?.sites)[0]}` },
    { path: "/manage/rules", component: () => import("@/manage/RulesPage.vue") },
    { path: "/manage/silences", component: () => import("@/manage/SilencesPage.vue") },
    { path: "/manage/notices", component: () => import("@/manage/NoticesPage.vue") },
    { path: "/manage/duty", component: () => import("@/duty/DutyPage.vue") },
    { path: "/manage/accounts", component: () => import("@/manage/AccountsPage.vue") },
    { path: "/manage/organisation", component: () => import("@/manage/OrganisationPage.vue") },
    { path: "/manage/import", component: () => import("@/manage/ImportPage.vue") },
    { path: "/manage/public", component: () => import("@/manage/PublicScreensPage.vue") },
    { path: "/manage/storage", component: () => import("@/storage/StoragePage.vue") },
    { path: "/manage/models", component: () => import("@/models/ModelsPage.vue") },
    { path: "/manage/calendars", component: () => import("@/manage/CalendarsPage.vue") },
    { path: "/:rest(.*)*", redirect: "/" },
  ],
});

router.beforeEach(async (to) => {
  document.documentElement.className = to.meta.isDark === true ? "dark" : "light";
  const guest = to.path.startsWith("/rooms/") ? tokenOf(to.hash) : null;
  if (guest !== null && (await enter(guest))) {
    askAgain(); // whoever was here before is somebody else
    return { path: to.path, replace: true };
  }
  if (to.meta.isPublic === true || (await isLoggedIn())) return true;
  return { path: "/login", query: to.fullPath === "/" ? {} : { next: to.fullPath } };
});

whenLoginEnds(() => {
  forget();
  if (router.currentRoute.value.path !== "/login") {
    void router.push({ path: "/login", query: { next: router.currentRoute.value.fullPath } });
  }
});
