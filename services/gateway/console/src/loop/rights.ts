/** Who may do what here, so that nobody is offered what the server refuses. */

import { user } from "@/session";

export function mayOrder(): boolean {
  return user.value?.roles.some((role) => role === "supervisor" || role === "admin") ?? false;
}

export function mayAnswer(): boolean {
  return user.value?.roles.includes("school") ?? false;
}
