/** The alerts of this console: one connection and one inbox for every page, from log-in to log-out. */

import { computed, ref, shallowRef } from "vue";
import { call as ask, Offline, Problem } from "@/api/client";
import { user } from "@/session";
import { calls } from "./alarm";
import { alertApi } from "./api";
import { EventStream } from "./eventStream";
import { Inbox, rowsOf, type Alert, type Risk, type Verdict } from "./inbox";
import { forgetPlaces, readCameras, readCamerasAnew, readNames } from "./places";
import { Seen } from "./seen";

export type Phase = "loading" | "ready" | "failed" | "forbidden";
export interface Judged {
  alert: Alert;
  verdict: Verdict;
  /** Of the same kind, judged with it. */
  others?: Alert[];
}

const RISKS: Risk[] = [1, 2, 3];
/** Of each class; more wait and are not listed yet. */
const PAGE = 100;
const GATHER_MS = 150;
/** More at once are read as lists: a power cut at a school is many. */
const ONE_BY_ONE = 10;
const NAMES = [
  "alert_raised", "alert_goes_on", "alert_acknowledged", "alert_reviewed", "alert_closed", "camera_came_online", "camera_went_offline",
];

const inbox = new Inbox();
const alerts = shallowRef<Alert[]>([]);
const listeners = new Set<(name: string, id: string) => void>();
const pending = new Set<string>();
let seen: Seen | null = null;
let stream: EventStream | null = null;
let gathered = new Set<string>();
let gatherTimer = 0;
let cameraSoon = 0;
let onCall: (alert: Alert) => void = () => undefined;

export const rows = computed(() => rowsOf(alerts.value));
export const count = computed(() => alerts.value.length);
export const hasMore = ref(false);
export const phase = ref<Phase>("loading");
export const trouble = ref("");
/** Since when nothing is heard from the gateway; null: it is heard. */
export const offlineSinceMs = ref<number | null>(null);
export const lastJudged = shallowRef<Judged | null>(null);
/** A judgement that was not taken: the alert waits again. */
export const notTaken = shallowRef<(Judged & { why: string }) | null>(null);
const seenCount = ref(0);

/** An alert that waits, null where it does not. */
export const waiting = computed(() => {
  const byId = new Map(alerts.value.map((one) => [one.id, one]));
  return (id: string) => byId.get(id) ?? null;
});

export const isUnread = computed(() => {
  void seenCount.value;
  return (id: string) => seen !== null && !seen.has(id);
});

export function look(id: string): void {
  if (seen?.add(id)) seenCount.value++;
}

/** Hears of every fact about an alert. Returns how to stop. */
export function onFact(listener: (name: string, id: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function start(called: (alert: Alert) => void): void {
  onCall = called;
  seen = new Seen(`bk-seen-alerts:${user.value?.name ?? ""}`);
  const query = NAMES.map((name) => `name=${name}`).join("&");
  stream = new EventStream(`/api/v1/events?${query}`, {
    onOpen: (isFresh) => {
      offlineSinceMs.value = null;
      if (isFresh) void readAll();
      void readCameras();
    },
    onEvent: hear,
    onLost: lost,
  });
  stream.open();
  void readNames();
  window.addEventListener("online", hurry);
}

export function stop(): void {
  stream?.close();
  stream = null;
  window.removeEventListener("online", hurry);
  for (const timer of [gatherTimer, cameraSoon]) window.clearTimeout(timer);
  gathered.clear();
  pending.clear();
  inbox.beginReading();
  inbox.read([]);
  show();
  phase.value = "loading";
  offlineSinceMs.value = null;
  lastJudged.value = null;
  notTaken.value = null;
  forgetPlaces();
}

export function hurry(): void {
  stream?.hurry();
  if (phase.value === "failed") void readAll();
}

/** Judges it: it is out of the inbox at once, and back where that was not taken. */
export async function judge(alert: Alert, verdict: Verdict, others: Alert[] = []): Promise<void> {
  for (const one of [alert, ...others]) {
    pending.add(one.id);
    inbox.drop(one.id);
  }
  show();
  notTaken.value = null;
  lastJudged.value = { alert, verdict, others };
  // One after the other: many at once would be refused as too many.
  for (const one of [alert, ...others]) await send(one, verdict);
}

async function send(alert: Alert, verdict: Verdict): Promise<void> {
  try {
    const judged = await alertApi.review(alert.id, verdict);
    const last = lastJudged.value;
    const asItIs = (one: Alert) => (one.id === judged.id ? judged : one);
    if (last !== null) lastJudged.value = { ...last, alert: asItIs(last.alert), others: (last.others ?? []).map(asItIs) };
  } catch (error) {
    inbox.put(alert);
    show();
    const last = lastJudged.value;
    if (last?.alert.id === alert.id) lastJudged.value = null;
    else if (last !== null) lastJudged.value = { ...last, others: (last.others ?? []).filter((one) => one.id !== alert.id) };
    notTaken.value = { alert, verdict, why: why(error) };
  } finally {
    pending.delete(alert.id);
  }
}

/** Takes it: nobody else is called. Throws what the gateway refuses with. */
export async function take(id: string): Promise<void> {
  inbox.put(await alertApi.take(id));
  show();
}

export async function readAll(): Promise<void> {
  inbox.beginReading();
  try {
    const pages = await Promise.all(RISKS.map((risk) => alertApi.page(`verdict=none&risk=${risk}&limit=${PAGE}`)));
    inbox.read(pages.flatMap((page) => page.items).filter((one) => !pending.has(one.id)));
    hasMore.value = pages.some((page) => page.next_cursor != null);
    phase.value = "ready";
    trouble.value = "";
  } catch (error) {
    trouble.value = why(error);
    if (error instanceof Problem && error.status === 403) phase.value = "forbidden";
    else if (phase.value === "loading") phase.value = "failed";
  }
  show();
}

/** In the server's own words; empty where it was not reached. */
export function why(error: unknown): string {
  if (error instanceof Offline) return "";
  if (error instanceof Problem) return error.message;
  throw error;
}

function show(): void {
  alerts.value = inbox.alerts;
}

function lost(status: number | null): void {
  offlineSinceMs.value ??= Date.now();
  if (status === 403) phase.value = "forbidden";
  else if (phase.value === "loading") void readAll();
  // A login that ended says so to whoever asks.
  if (status === 401) ask("GET", "/sessions/current").catch(() => undefined);
}

type Fact = { alert?: string; is_silent?: boolean; last_us?: number; at_us?: number; cameras?: string[]; by?: string };

function hear(name: string, data: unknown): void {
  const fact = data as Fact;
  if (name === "logged_out") lost(401);
  if (name.startsWith("camera_")) readCamerasSoon();
  if (fact.alert === undefined) return;
  change(name, fact.alert, fact);
  show();
  for (const listener of listeners) listener(name, fact.alert);
}

function change(name: string, id: string, fact: Fact): void {
  const at = (us: number | undefined) => new Date((us ?? 0) / 1000).toISOString();
  if (name === "alert_raised" && fact.is_silent !== true) gather(id);
  if (name === "alert_goes_on") {
    const cameras = [...new Set([...(inbox.get(id)?.cameras ?? []), ...(fact.cameras ?? [])])];
    inbox.change(id, { progress: "going_on", closed_at: null, last_at: at(fact.last_us), cameras });
  }
  if (name === "alert_closed" && inbox.get(id) !== null) {
    inbox.change(id, { progress: "over", last_at: at(fact.last_us) });
    gather(id); // its best picture is known now
  }
  if (name === "alert_acknowledged") inbox.change(id, { acknowledged_by: fact.by ?? null, acknowledged_at: at(fact.at_us) });
  if (name === "alert_reviewed") inbox.drop(id);
}

/** Facts say that there is an alert; what it is, is asked for, several at once. */
function gather(id: string): void {
  gathered.add(id);
  if (gathered.size > 1) return;
  gatherTimer = window.setTimeout(() => {
    const ids = [...gathered];
    gathered = new Set();
    void (ids.length > ONE_BY_ONE ? readMany(ids) : Promise.all(ids.map(fetchOne)));
  }, GATHER_MS);
}

async function fetchOne(id: string): Promise<void> {
  let alert: Alert;
  try {
    alert = await alertApi.one(id);
  } catch (error) {
    why(error);
    await readAll(); // the list says whether it is still there
    return;
  }
  if (pending.has(id)) return;
  const isNew = inbox.get(id) === null;
  inbox.put(alert);
  show();
  if (isNew && calls(alert, Date.now())) onCall(alert);
}

async function readMany(ids: string[]): Promise<void> {
  await readAll();
  const gravest = ids.map((id) => inbox.get(id)).find((alert) => alert !== null && calls(alert, Date.now()));
  if (gravest) onCall(gravest);
}

function readCamerasSoon(): void {
  window.clearTimeout(cameraSoon);
  // Not all consoles at one moment, and once for a school that lost its power.
  cameraSoon = window.setTimeout(() => void readCamerasAnew(), 500 + Math.random() * 1500);
}
