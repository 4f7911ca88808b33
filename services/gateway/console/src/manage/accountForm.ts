/** An account as a form holds it, and what is sent of it. */

import type { Account, Role } from "./api";
import { localInput, momentOf } from "./hours";

export interface AccountDraft {
  name: string;
  roles: Role[];
  /** Otherwise `sites` and what lies under `units`, which may be none. */
  isForAll: boolean;
  sites: string[];
  units: string[];
  endsAt: string;
  password: string;
  isEnabled: boolean;
}

export function accountDraft(account: Account | null): AccountDraft {
  if (account === null) return { name: "", roles: ["supervisor"], isForAll: true, sites: [], units: [], endsAt: "", password: "", isEnabled: true };
  return {
    name: account.name, roles: [...account.roles], isForAll: account.sites === null && account.units === null, sites: [...(account.sites ?? [])], units: [...(account.units ?? [])], password: "", isEnabled: account.is_enabled,
    endsAt: account.ends_at == null ? "" : localInput(Date.parse(account.ends_at)),
  };
}

const PASSWORD_MIN = 10;

/** Key of what is wrong, by the server's name of the field. */
export function wrongAccount(draft: AccountDraft, isNew: boolean): Record<string, "needRole" | "shortPassword" | "badName" | "guestEnds" | "guestSites" | "schoolSites" | "adminSites"> {
  const wrong: ReturnType<typeof wrongAccount> = {};
  if (isNew && !/^[\p{L}\p{N}_.@-]{1,64}$/u.test(draft.name.trim())) wrong["name"] = "badName";
  if (draft.roles.length === 0) wrong["roles"] = "needRole";
  if ((isNew || draft.password !== "") && draft.password.length < PASSWORD_MIN) wrong["password"] = "shortPassword";
  if (draft.roles.includes("guest") && draft.endsAt === "") wrong["ends_at"] = "guestEnds";
  if (draft.roles.includes("admin") && !draft.isForAll) wrong["sites"] = "adminSites";
  else if (draft.roles.includes("school") && (draft.isForAll || (draft.sites.length === 0 && draft.units.length === 0))) wrong["sites"] = "schoolSites";
  else if (draft.roles.includes("guest") && draft.isForAll) wrong["sites"] = "guestSites";
  return wrong;
}

const sitesOf = (draft: AccountDraft) => (draft.isForAll ? null : draft.sites);
/** None chosen: no limit by units; `sites`, if only an empty list, limits all the same. */
const unitsOf = (draft: AccountDraft) => (draft.isForAll || draft.units.length === 0 ? null : draft.units);

export function newAccount(draft: AccountDraft) {
  return { name: draft.name.trim(), password: draft.password, roles: draft.roles, sites: sitesOf(draft), units: unitsOf(draft), ends_at: momentOf(draft.endsAt) };
}

/** Only what differs: any change ends the account's logins. */
export function accountChange(draft: AccountDraft, account: Account): Record<string, unknown> {
  const before = accountDraft(account);
  const isSame = (one: readonly string[], other: readonly string[]) => JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());
  return {
    ...(draft.password === "" ? {} : { password: draft.password }),
    ...(isSame(draft.roles, before.roles) ? {} : { roles: draft.roles }),
    ...(draft.isForAll === before.isForAll && (draft.isForAll || isSame(draft.sites, before.sites)) ? {} : { sites: sitesOf(draft) }),
    ...(draft.isForAll === before.isForAll && (draft.isForAll || isSame(draft.units, before.units)) ? {} : { units: unitsOf(draft) }),
    ...(draft.endsAt === before.endsAt ? {} : { ends_at: momentOf(draft.endsAt) }),
    ...(draft.isEnabled === before.isEnabled ? {} : { is_enabled: draft.isEnabled }),
  };
}

export type AccountState = "disabled" | "ended" | "until" | "forever";

export function accountState(account: Pick<Account, "is_enabled" | "ends_at">, nowMs: number): AccountState {
  if (!account.is_enabled) return "disabled";
  if (account.ends_at == null) return "forever";
  return Date.parse(account.ends_at) <= nowMs ? "ended" : "until";
}

/** Easy to read aloud: no 0, 1, i, l, o. Each byte is taken only where every sign is as likely as another. */
const SIGNS = "abcdefghjkmnpqrstuvwxyz23456789";

export function freshPassword(random: (bytes: Uint8Array) => Uint8Array = (bytes) => crypto.getRandomValues(bytes)): string {
  const fair = 256 - (256 % SIGNS.length);
  let signs = "";
  while (signs.length < 16) {
    for (const byte of random(new Uint8Array(16))) if (byte < fair) signs += SIGNS[byte % SIGNS.length];
  }
  return (signs.slice(0, 16).match(/.{4}/g) ?? []).join("-");
}
