/** Broadcasts, announcements, drills and talk records of the gateway. */

import { call, send, type Schemas } from "@/api/client";
import type { PageOf } from "@/growingList";

export type Broadcast = Schemas["BroadcastAnswer"];
export type Receipt = Schemas["ReceiptAnswer"];
export type Announcement = Schemas["AnnouncementAnswer"];
export type Schedule = Schemas["services__gateway__adapters__http__announcements__ScheduleAnswer"];
export type Reachability = Schemas["ReachabilityAnswer"];
export type DrillSchedule = Schemas["services__gateway__adapters__http__drills__ScheduleAnswer"];
export type DrillRun = Schemas["DrillRunAnswer"];
export type TalkRecord = Schemas["TalkRecordAnswer"];
export type Priority = Broadcast["priority"];

interface List<T> {
  items: T[];
  next_cursor?: string | null;
}

const list = async <T>(path: string) => (await call<List<T>>("GET", path)).items;

export const broadcasts = {
  /** Newest first, without their receipts. */
  page: (limit: number, cursor?: string) => call<PageOf<Broadcast>>("GET", `/broadcasts?${new URLSearchParams({ limit: String(limit), ...(cursor === undefined ? {} : { cursor }) })}`),
  one: (id: string) => call<Broadcast>("GET", `/broadcasts/${encodeURIComponent(id)}`),
  open: (body: object) => call<Schemas["BroadcastOpenedAnswer"]>("POST", "/broadcasts", body),
  speak: (id: string, isSpeaking: boolean) => call<Broadcast>("PATCH", `/broadcasts/${encodeURIComponent(id)}`, { is_speaking: isSpeaking }),
  end: (id: string) => call<void>("DELETE", `/broadcasts/${encodeURIComponent(id)}`),
};

export const announcements = {
  all: () => list<Announcement>("/announcements"),
  add: (body: { name: string; text: string; language: "zh-CN" | "en" }) => call<Announcement>("POST", "/announcements", body),
  remove: (id: string) => call<void>("DELETE", `/announcements/${encodeURIComponent(id)}`),
  sound: (id: string) => `/api/v1/announcements/${encodeURIComponent(id)}/sound`,
  /** A WAV to listen to; nothing is kept. */
  preview: async (text: string, language: "zh-CN" | "en") => (await send("POST", "/announcements/preview", JSON.stringify({ text, language }), "application/json")).blob(),
  addFile: async (name: string, file: File) => (await send("POST", `/announcements/files?name=${encodeURIComponent(name)}`, file, "application/octet-stream")).json() as Promise<Announcement>,
  schedules: () => list<Schedule>("/announcement-schedules"),
  addSchedule: (body: object) => call<Schedule>("POST", "/announcement-schedules", body),
  removeSchedule: (id: string) => call<void>("DELETE", `/announcement-schedules/${encodeURIComponent(id)}`),
};

/** null: the installation's, for schools without their own. */
const scheduleOf = (site: string | null) => (site === null ? "/drill-schedules/installation" : `/sites/${encodeURIComponent(site)}/drill-schedule`);

export const drills = {
  reach: () => call<Reachability>("GET", "/reachability"),
  runs: () => list<DrillRun>("/drills?limit=5"),
  start: (body: object) => call<DrillRun>("POST", "/drills", body),
  schedules: () => list<DrillSchedule>("/drill-schedules"),
  setSchedule: (site: string | null, body: Schemas["ScheduleBody"]) => call<DrillSchedule>("PUT", scheduleOf(site), body),
  removeSchedule: (site: string | null) => call<void>("DELETE", scheduleOf(site)),
  stop: (id: string) => call<DrillRun>("POST", `/drills/${encodeURIComponent(id)}/stop`),
};

export const talks = {
  page: (camera: string, cursor = "") => {
    const query = new URLSearchParams({ limit: "50", ...(camera === "" ? {} : { camera }), ...(cursor === "" ? {} : { cursor }) });
    return call<List<TalkRecord>>("GET", `/talks?${query}`);
  },
  sound: (id: string) => `/api/v1/talks/${encodeURIComponent(id)}/sound?form=wav`,
};
