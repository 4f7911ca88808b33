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

/** Somebody of a school and of nothing else: they get the page for kitchens. */
export function isOfSchool(): boolean {
  const roles = user.value?.roles ?? [];
  return roles.length > 0 && roles.every((role) => role === "school");
}

/** What the server says that they may do now. Somebody remembered from before it said so: nothing. */
export function may(verb: Verb): boolean {
  return user.value?.verbs?.includes(verb) ?? false;
}

export function mayConfigure(): boolean {
  return user.value?.roles.includes("admin") ?? false;
}

/** To kitchens: viewers look, and a school's own people are spoken to. */
export function maySpeak(): boolean {
  return user.value?.roles.some((role) => role === "supervisor" || role === "admin") ?? false;
}

/** Alerts: a viewer sees them; whoever answers for a school is told otherwise, and an auditor looks at no kitchen. */
export function maySeeAlerts(): boolean {
  return user.value?.roles.some((role) => role !== "school" && role !== "auditor") ?? false;
}

export function mayReview(): boolean {
  return user.value?.roles.some((role) => role === "supervisor" || role === "admin") ?? false;
}

/** Where somebody's day begins. */
export function home(): string {
  if (isOfSchool()) return "/kitchen";
  return mayReview() ? "/watch" : "/live";
}
