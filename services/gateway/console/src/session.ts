/** Who is logged in, asked once from the server. */

import { ref } from "vue";
import { api, Offline, Problem, type Schemas } from "@/api/client";

export const user = ref<Schemas["User"] | null>(null);
let isKnown = false;

/** True when somebody is logged in; a server that is away counts as no. */
export async function isLoggedIn(): Promise<boolean> {
  if (isKnown) return mayEnter();
  try {
    user.value = (await api.current()).user;
  } catch (error) {
    if (!(error instanceof Problem) && !(error instanceof Offline)) throw error;
    user.value = null;
  }
  isKnown = true;
  return mayEnter();
}

/** Nothing can be done with a password for once but to change it. */
function mayEnter(): boolean {
  return user.value !== null && !user.value.must_change_password;
}

/** `code`: of the second factor, where it is asked for. */
export async function logIn(name: string, password: string, code: string | null): Promise<void> {
  user.value = (await api.logIn(name, password, code)).user;
  isKnown = true;
}

export async function changePassword(password: string, next: string): Promise<void> {
  await api.changePassword(password, next);
  user.value = (await api.current()).user;
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
}

export function mayConfigure(): boolean {
  return user.value?.roles.includes("admin") ?? false;
}

/** To kitchens: viewers look, and a school's own people are spoken to. */
export function maySpeak(): boolean {
  return user.value?.roles.some((role) => role === "supervisor" || role === "admin") ?? false;
}
