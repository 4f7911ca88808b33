/** Names of schools, cameras and rules, and which cameras can be seen now: read together, kept for every page. */

import { computed, ref, shallowRef } from "vue";
import { api, Offline, Problem, type Schemas } from "@/api/client";
import { alertApi } from "./api";
import { reachOf } from "./reach";
import { UNKNOWN, watchingOf, type Watching } from "./watching";

type CameraStatus = Schemas["CameraStatus"];

/** Often enough to be believed; what comes or goes is told by facts, and read at once. */
const EVERY_MS = 30_000;
/** After three that failed nobody knows any more. */
const BELIEVED_MS = 95_000;

const cameras = shallowRef<Map<string, CameraStatus> | null>(null);
const siteNames = shallowRef<Map<string, string>>(new Map());
const rules = shallowRef<Map<string, Record<string, string>>>(new Map());
const isAway = ref(false);
/** When the cameras were told last, and whether ingest, which knows of them, was there. */
const toldMs = ref(0);
const isIngestThere = ref(true);
const isBelieved = ref(true);
const watchingTold = shallowRef<Watching>(UNKNOWN);
let reading: Promise<void> | null = null;

const reachNow = computed(() => (cameras.value === null ? null : reachOf([...cameras.value.values()])));
const isKnown = computed(() => isIngestThere.value && isBelieved.value);
/** Of the cameras that are switched on: how many send pictures. Null: nobody knows. */
export const reach = computed(() => (reachNow.value === null || !isKnown.value ? null : { online: reachNow.value.camerasOnline, all: reachNow.value.cameras }));
/** Of the schools with such a camera: from how many one or more sends pictures. */
export const schools = computed(() =>
  reachNow.value === null ? null : { ...reachNow.value, atMs: toldMs.value, isOld: isAway.value, isKnown: isKnown.value });
/** Whether what is in front of a camera would become an alert: an answer of long ago says nothing about now. */
export const watching = computed(() => (isBelieved.value ? watchingTold.value : UNKNOWN));
export const sites = computed(() => [...siteNames.value].map(([id, name]) => ({ id, name })));
export const ruleIds = computed(() => [...rules.value.keys()]);

export function siteName(id: string): string {
  return siteNames.value.get(id) ?? id;
}

export function cameraName(id: string): string {
  return cameras.value?.get(id)?.name ?? id;
}

/** As whoever made the rule called it; its own id where nobody knows. */
export function ruleTitle(id: string, locale: string): string {
  const titles = rules.value.get(id);
  return titles?.[locale] ?? titles?.["zh-CN"] ?? id;
}

/** What is away keeps its last answer, for a while. */
export function readCameras(): Promise<void> {
  reading ??= readNow().finally(() => (reading = null));
  return reading;
}

/** As they are after what was heard just now: an answer that is on its way may be of before. */
export async function readCamerasAnew(): Promise<void> {
  await reading;
  await readCameras();
}

async function readNow(): Promise<void> {
  const found = await unlessAway(api.status());
  isAway.value = found === null;
  if (found !== null) {
    toldMs.value = Date.now();
    watchingTold.value = watchingOf(found);
    isIngestThere.value = found.services.find((one) => one.name === "ingest")?.state !== "down";
    cameras.value = new Map(found.cameras.map((one) => [one.id, one]));
  }
  doubt();
}

function doubt(): void {
  isBelieved.value = Date.now() - toldMs.value < BELIEVED_MS;
}

/** Asks now and every 30 s while somebody looks; one page asks for all of them. Returns how to stop. */
export function followCameras(): () => void {
  let askedMs = 0;
  const ask = () => {
    if (document.hidden) return;
    askedMs = Date.now();
    void readCameras();
  };
  const back = () => {
    doubt();
    if (Date.now() - askedMs >= EVERY_MS) ask();
  };
  ask();
  const timer = window.setInterval(ask, EVERY_MS);
  document.addEventListener("visibilitychange", back);
  return () => {
    window.clearInterval(timer);
    document.removeEventListener("visibilitychange", back);
    cameras.value = null;
    watchingTold.value = UNKNOWN;
  };
}

export async function readNames(): Promise<void> {
  const [foundSites, foundRules] = await Promise.all([unlessAway(api.sites()), unlessAway(alertApi.rules())]);
  if (foundSites !== null) siteNames.value = new Map(foundSites.map((one) => [one.id, one.name]));
  if (foundRules !== null) rules.value = new Map(foundRules.items.map((one) => [one.rule.rule, one.rule.title]));
}

export function forgetPlaces(): void {
  cameras.value = null;
  watchingTold.value = UNKNOWN;
  siteNames.value = new Map();
  rules.value = new Map();
}

async function unlessAway<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Problem || error instanceof Offline) return null;
    throw error;
  }
}
