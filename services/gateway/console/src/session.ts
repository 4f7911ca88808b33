/** Who is logged in, asked once from the server. */

import { ref } from "vue";
import { api, Offline, Problem, type Schemas } from "@/api/client";

export type Verb = Schemas["User"]["verbs"] extends (infer One)[] | undefined ? One : never;

export const user = ref<Schemas["User"] | null>(null);
let isKnown = false;

/** Who was logged in last on this device, for as long as the server cannot be asked; it decides in any case. */
const KEY = "bk-user";

/** True when somebody is logged in; while the server is away, whoever was logged in last still is. */
export async function isLoggedIn(): Promise<boolean> {
  if (isKnown) return mayEnter();
  try {
    keep((await api.current()).user);
  } catch (error) {
    if (error instanceof Offline) {
      user.value = remembered();
      return mayEnter(); // asked again at the next page
    }
    if (!(error instanceof Problem)) throw error;
    user.value = null;
  }
  isKnown = true;
  return mayEnter();
}

function keep(found: Schemas["User"]): void {
  // Small and rare: loaded where somebody has switched it on.
  if ((localStorage.getItem("bk-push") ?? found.name) !== found.name) void import("@/push/device").then(({ leaveTo }) => leaveTo(found.name));
  user.value = found;
  localStorage.setItem(KEY, JSON.stringify(found));
}

function remembered(): Schemas["User"] | null {
  const kept = localStorage.getItem(KEY);
  return kept === null ? null : (JSON.parse(kept) as Schemas["User"]);
}

/** Nothing can be done with a password for once but to change it. */
function mayEnter(): boolean {
  return user.value !== null && !user.value.must_change_password;
}

/** `code`: of the second factor, where it is asked for. */
export async function logIn(name: string, password: string, code: string | null): Promise<void> {
  keep((await api.logIn(name, password, code)).user);
  isKnown = true;
}

export async function changePassword(password: string, next: string): Promise<void> {
  await api.changePassword(password, next);
  keep((await api.current()).user);
}

const farewells = new Set<() => Promise<void>>();

/** What must be said while the login still counts. Returns how to take it back. */
export function beforeLogOut(say: () => Promise<void>): () => void {
  farewells.add(say);
  return () => farewells.delete(say);
}

export async function logOut(): Promise<void> {
  await Promise.allSettled([...farewells].map((say) => say()));
  if (localStorage.getItem("bk-push") !== null) await import("@/push/device").then(({ turnOff }) => turnOff());
  try {
    await api.logOut();
  } finally {
    forget();
  }
}

export function forget(): void {
  user.value = null;
  isKnown = true;
  localStorage.removeItem(KEY);
}

/** Another login came into the browser: the next page asks whose it is. */
export function askAgain(): void {
  isKnown = false;
}

/** Somebody of a school and of nothing else: they get the page for kitchens. */
export function isOfSchool(): boolean {
  const roles = user.value?.roles ?? [];
  return roles.length > 0 && roles.every((role) => role === "school");
}


/** As the server says: it refuses in any case, and nobody is led to what it refuses. */
export function may(verb: Verb): boolean {
  return user.value?.verbs?.includes(verb) ?? false;
}

/** Rules, calendars, who is told. */
export const mayConfigure = (): boolean => may("configure");

/** Cameras and schools. */
export const mayChangeRegistry = (): boolean => may("change_registry");

/** To kitchens: viewers look, and a school's own people are spoken to. */
export const maySpeak = (): boolean => may("talk");

/** Alerts: a viewer sees them; whoever answers for a school is told otherwise. */
export const maySeeAlerts = (): boolean => may("view") && !isOfSchool();

export const mayReview = (): boolean => may("review");

export const mayInspect = (): boolean => may("inspect");

/** Where somebody's day begins. */
export function home(): string {
  if (isOfSchool()) return "/kitchen";
  if (mayReview()) return "/watch";
  if (mayInspect()) return "/inspections";
  if (may("view")) return "/live";
  return may("list") ? "/status" : "/audit";
}
