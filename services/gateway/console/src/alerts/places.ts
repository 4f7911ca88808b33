/** Names of schools, cameras and rules, and which cameras can be seen now: read together, kept for every page. */

import { computed, ref, shallowRef } from "vue";
import { api, Offline, Problem, type Schemas } from "@/api/client";
import { alertApi } from "./api";

type CameraStatus = Schemas["CameraStatus"];

const cameras = shallowRef<Map<string, CameraStatus> | null>(null);
const siteNames = shallowRef<Map<string, string>>(new Map());
const rules = shallowRef<Map<string, Record<string, string>>>(new Map());
const isAway = ref(false);

/** Of the cameras that are switched on: how many send pictures. */
export const reach = computed(() => {
  if (cameras.value === null) return null;
  const wanted = [...cameras.value.values()].filter((one) => one.state !== "disabled");
  return { online: wanted.filter((one) => one.state === "online").length, all: wanted.length, isOld: isAway.value };
});
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

/** What is away keeps its last answer. */
export async function readCameras(): Promise<void> {
  const found = await unlessAway(api.status());
  isAway.value = found === null;
  if (found !== null) cameras.value = new Map(found.cameras.map((one) => [one.id, one]));
}

export async function readNames(): Promise<void> {
  const [foundSites, foundRules] = await Promise.all([unlessAway(api.sites()), unlessAway(alertApi.rules())]);
  if (foundSites !== null) siteNames.value = new Map(foundSites.map((one) => [one.id, one.name]));
  if (foundRules !== null) rules.value = new Map(foundRules.items.map((one) => [one.rule.rule, one.rule.title]));
}

export function forgetPlaces(): void {
  cameras.value = null;
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
