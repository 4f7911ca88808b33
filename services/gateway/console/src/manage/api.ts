/** What managing asks of the gateway. */

import { all, call, send, type Schemas } from "@/api/client";

export type Rule = Schemas["Rule"];
export type RuleVersion = Schemas["RuleAnswer"];
export type DryRun = Schemas["DryRunAnswer"];
export type Silence = Schemas["SilenceAnswer"];
export type Channel = Schemas["ChannelAnswer"];
export type Wishes = Schemas["WishesAnswer"];
export type Delivery = Schemas["DeliveryAnswer"];
export type Account = Schemas["AccountAnswer"];
export type Role = Account["roles"][number];
export type Calendar = Schemas["KitchenCalendar"];
export type CalendarVersion = Schemas["CalendarAnswer"];
export type KitchenDay = Schemas["KitchenDayAnswer"];
export type CalendarRead = Schemas["CalendarFileAnswer"];
export type PublicScreen = Schemas["PublicScreenAnswer"];
export type PublicScreenLink = Schemas["PublicScreenLink"];
export type Nights = Schemas["NightsAnswer"];
export type Hours = Schemas["RecordingWindow"];

interface List<T> {
  items: T[];
  next_cursor?: string | null;
}

const list = async <T>(path: string) => (await call<List<T>>("GET", path)).items;
const at = encodeURIComponent;

export const rules = {
  all: () => list<RuleVersion>("/rules"),
  versions: (id: string) => list<RuleVersion>(`/rules/${at(id)}/versions`),
  put: (rule: Rule) => call<RuleVersion>("PUT", `/rules/${at(rule.rule)}`, rule),
  nights: async () => (await call<Schemas["CapabilitiesAnswer"]>("GET", "/analysis/capabilities")).nights,
  dryRun: (rule: Rule, start: string) => call<DryRun>("POST", "/rules/dry-run", { rule, start }),
};

export const silences = {
  all: (isCurrent: boolean) => list<Silence>(`/silences?current=${isCurrent}`),
  add: (body: object) => call<Silence>("POST", "/silences", body),
  end: (id: string) => call<Silence>("DELETE", `/silences/${at(id)}`),
};

export const notices = {
  channels: () => list<Channel>("/notices/channels"),
  add: (body: object) => call<Channel>("POST", "/notices/channels", body),
  change: (id: string, body: object) => call<Channel>("PATCH", `/notices/channels/${at(id)}`, body),
  remove: (id: string) => call<void>("DELETE", `/notices/channels/${at(id)}`),
  test: (id: string) => call<Schemas["ChannelTestAnswer"]>("POST", `/notices/channels/${at(id)}/test`),
  wishes: () => call<Wishes>("GET", "/notices/people/me"),
  putWishes: (body: object) => call<Wishes>("PUT", "/notices/people/me", body),
  rotas: () => list<Schemas["RotaAnswer"]>("/notices/rotas"),
  deliveries: (person: string, cursor: string) => {
    const query = new URLSearchParams({ person, limit: "20", ...(cursor === "" ? {} : { cursor }) });
    return call<List<Delivery>>("GET", `/notices/deliveries?${query}`);
  },
};

export const accounts = {
  all: () => list<Account>("/accounts"),
  add: (body: object) => call<Account>("POST", "/accounts", body),
  change: (name: string, body: object) => call<Account>("PATCH", `/accounts/${at(name)}`, body),
};

export const publicScreens = {
  all: () => list<PublicScreen>("/public-screens"),
  add: (body: object) => call<PublicScreenLink>("POST", "/public-screens", body),
  change: async (screen: PublicScreen, body: object) => {
    const headers = { "If-Match": `"${screen.revision}"` };
    return (await send("PATCH", `/public-screens/${at(screen.id)}`, JSON.stringify(body), "application/json", { headers })).json() as Promise<PublicScreen>;
  },
  renew: (id: string) => call<PublicScreenLink>("POST", `/public-screens/${at(id)}/link`),
  end: (id: string) => call<void>("DELETE", `/public-screens/${at(id)}`),
};

export const organisation = {
  units: () => all<Schemas["UnitAnswer"]>("/units"),
  add: (body: object) => call<Schemas["UnitAnswer"]>("POST", "/units", body),
  change: (id: string, body: object) => call<Schemas["UnitAnswer"]>("PATCH", `/units/${at(id)}`, body),
  remove: (id: string) => call<void>("DELETE", `/units/${at(id)}`),
  place: (site: string, unit: string | null) => call<Schemas["SiteAnswer"]>("PATCH", `/sites/${at(site)}`, { unit }),
};

const SHEET = "application/octet-stream";
// = how long a list of the most rows may take to be read, and to be done
const TRIAL_LIMIT_MS = 120_000;
const APPLY_LIMIT_MS = 30 * 60_000;

export const canteens = {
  template: (kind: "csv" | "xlsx", locale: string) => `/api/v1/canteen-imports/template.${kind}?lang=${locale === "en" ? "en" : "zh-CN"}`,
  trial: async (file: Blob) => (await send("POST", "/canteen-imports/trial", file, SHEET, { limitMs: TRIAL_LIMIT_MS })).json() as Promise<Schemas["ImportTrial"]>,
  apply: async (file: Blob) => (await send("POST", "/canteen-imports", file, SHEET, { limitMs: APPLY_LIMIT_MS })).body ?? new ReadableStream<Uint8Array>(),
};

export const calendars = {
  all: () => list<CalendarVersion>("/calendars"),
  put: (calendar: Calendar) => call<CalendarVersion>("PUT", `/calendars/${at(calendar.calendar)}`, calendar),
  remove: (id: string) => call<void>("DELETE", `/calendars/${at(id)}`),
  file: (id: string) => `/api/v1/calendars/${at(id)}/calendar.ics`,
  read: async (id: string, file: Blob, asked: { mode: string; unnamed: string; trial: boolean }) => {
    const query = new URLSearchParams({ mode: asked.mode, unnamed: asked.unnamed, trial: String(asked.trial) });
    return (await send("PUT", `/calendars/${at(id)}/calendar.ics?${query}`, file, "text/calendar")).json() as Promise<CalendarRead>;
  },
  day: (site: string, day: string) => call<KitchenDay>("GET", `/sites/${at(site)}/kitchen-day?day=${at(day)}`),
};
