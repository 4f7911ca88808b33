/** What the wall screen knows: read now and then, and whenever something is told. */

import { computed, onBeforeUnmount, onMounted, ref, shallowRef, watch } from "vue";
import { alertApi } from "@/alerts/api";
import * as desk from "@/alerts/desk";
import type { Alert } from "@/alerts/inbox";
import { readNames } from "@/alerts/places";
import { api, call, Offline, Problem, type Camera, type Schemas } from "@/api/client";
import { schoolsOf, type School } from "./schools";
import { isNewer, mayReload } from "./update";

const CAMERAS_MS = 5000;
const FIGURES_MS = 60_000;
const UPDATE_MS = 60_000;
/** Several facts come together: asked once for all. */
const SOON_MS = 1500;
/** Newest by their pictures; which of them was confirmed last is seen here. */
const CONFIRMED = 20;
const RELOADED = "bk-wall-reloaded";
const LIMIT_MS = 10_000;

type Figures = Schemas["FiguresAnswer"]["items"][number];

const running = [...document.querySelectorAll('script[type="module"][src]')].map((one) => one.getAttribute("src") ?? "");

export function lastConfirmed(alerts: Alert[]): Alert | null {
  const confirmed = alerts.filter((alert) => alert.review?.verdict === "confirmed");
  return confirmed.sort((one, other) => Date.parse(other.review!.at) - Date.parse(one.review!.at))[0] ?? null;
}

export function useWall() {
  const cameras = shallowRef<Camera[] | null>(null);
  const sites = shallowRef<Schemas["SiteAnswer"][]>([]);
  const figures = shallowRef<Figures | null>(null);
  const newest = shallowRef<Alert | null>(null);
  const unreadSinceMs = ref<number | null>(null);
  const timers: number[] = [];
  let soon = 0;

  const waiting = computed(() => desk.rows.value.flatMap((row) => [row.alert, ...row.older]));
  const schools = computed<School[]>(() =>
    schoolsOf({ sites: sites.value, cameras: cameras.value ?? [], alerts: waiting.value }),
  );
  /** Since when the server is away, null: it is there. */
  const awaySinceMs = computed(() => desk.offlineSinceMs.value ?? unreadSinceMs.value);

  async function readCameras() {
    const found = await unlessAway(Promise.all([api.cameras(), api.sites()]));
    unreadSinceMs.value = found === null ? (unreadSinceMs.value ?? Date.now()) : null;
    if (found !== null) [cameras.value, sites.value] = found;
  }

  async function readFigures() {
    const start = new Date();
    start.setHours(0, 0, 0, 0);
    const end = new Date(start);
    end.setDate(end.getDate() + 1);
    const query = new URLSearchParams({ start: start.toISOString(), end: end.toISOString(), by: "total" });
    const found = await unlessAway(call<Schemas["FiguresAnswer"]>("GET", `/figures?${query}`));
    if (found !== null) figures.value = found.items[0] ?? null;
  }

  async function readConfirmed() {
    const found = await unlessAway(alertApi.page(`verdict=confirmed&limit=${CONFIRMED}`));
    if (found !== null) newest.value = lastConfirmed(found.items);
  }

  async function hearReview(id: string) {
    if (id === newest.value?.id) return readConfirmed(); // it may be judged otherwise now
    const alert = await unlessAway(alertApi.one(id));
    if (alert !== null) newest.value = lastConfirmed(newest.value === null ? [alert] : [alert, newest.value]);
  }

  /** A newer console is taken by itself, but not while nobody would be let in. */
  async function takeUpdate() {
    const last = Number(sessionStorage.getItem(RELOADED));
    if (!mayReload(last, Date.now())) return;
    try {
      const answer = await fetch("/", { cache: "no-cache", signal: AbortSignal.timeout(LIMIT_MS) });
      if (!answer.ok || !isNewer(running, await answer.text())) return;
    } catch {
      return; // away: the next time
    }
    if ((await unlessAway(api.current())) === null) return;
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
  }

  function readAll() {
    void Promise.all([readCameras(), readFigures(), readConfirmed(), readNames()]);
  }

  const stopHearing = desk.onFact((name, id) => {
    if (name === "alert_reviewed") void hearReview(id);
    window.clearTimeout(soon);
    soon = window.setTimeout(() => void readFigures(), SOON_MS);
  });
  // Back again: what happened meanwhile is not known here, and the server may have been updated.
  watch(awaySinceMs, (sinceMs) => {
    if (sinceMs !== null) return;
    readAll();
    void takeUpdate();
  });

  onMounted(() => {
    desk.start(() => undefined);
    readAll();
    timers.push(
      window.setInterval(() => void readCameras(), CAMERAS_MS),
      window.setInterval(() => void Promise.all([readFigures(), readNames()]), FIGURES_MS),
      window.setInterval(() => void takeUpdate(), UPDATE_MS),
    );
  });
  onBeforeUnmount(() => {
    stopHearing();
    desk.stop();
    window.clearTimeout(soon);
    for (const timer of timers) window.clearInterval(timer);
  });
  return { cameras, schools, figures, newest, waiting, awaySinceMs };
}

async function unlessAway<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Problem || error instanceof Offline) return null;
    throw error;
  }
}
