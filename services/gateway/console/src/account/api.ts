/** What one's own account asks of the gateway, and an administrator of somebody else's. */

import { call, type Schemas } from "@/api/client";

export type OpenLogin = Schemas["LoginAnswer"];
export type ApiToken = Schemas["ApiTokenAnswer"];
export type SecondFactor = Schemas["SecondFactorAnswer"];
export type NewToken = Schemas["NewApiToken"];

const at = encodeURIComponent;
const list = async <T>(path: string) => (await call<{ items: T[] }>("GET", path)).items;

export const me = {
  secondFactor: () => call<SecondFactor>("GET", "/me/second-factor"),
  begin: (password: string) => call<Schemas["SecondFactorSecret"]>("POST", "/me/second-factor", { password }),
  confirm: (code: string) => call<Schemas["RecoveryCodes"]>("POST", "/me/second-factor/confirmation", { code }),
  turnOff: (password: string, code: string) => call<void>("POST", "/me/second-factor/removal", { password, code }),
  logins: () => list<OpenLogin>("/sessions"),
  endLogin: (id: string) => call<void>("DELETE", `/sessions/${at(id)}`),
  endOthers: () => call<void>("DELETE", "/sessions"),
  tokens: () => list<ApiToken>("/me/api-tokens"),
  addToken: (body: NewToken) => call<Schemas["ApiTokenAdded"]>("POST", "/me/api-tokens", body),
  endToken: (id: string) => call<void>("DELETE", `/me/api-tokens/${at(id)}`),
};

export const somebody = {
  secondFactor: (name: string) => call<SecondFactor>("GET", `/accounts/${at(name)}/second-factor`),
  takeSecondFactor: (name: string) => call<void>("DELETE", `/accounts/${at(name)}/second-factor`),
  logins: (name: string) => list<OpenLogin>(`/accounts/${at(name)}/sessions`),
  endLogins: (name: string) => call<void>("DELETE", `/accounts/${at(name)}/sessions`),
  tokens: (name: string) => list<ApiToken>(`/accounts/${at(name)}/api-tokens`),
  endToken: (name: string, id: string) => call<void>("DELETE", `/accounts/${at(name)}/api-tokens/${at(id)}`),
};
