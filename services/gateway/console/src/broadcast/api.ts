/** Broadcasts, announcements, drills and talk records of the gateway. */

import { call, send, type Schemas } from "@/api/client";

export type Broadcast = Schemas["BroadcastAnswer"];
export type Receipt = Schemas["ReceiptAnswer"];
export type Announcement = Schemas["AnnouncementAnswer"];
export type Schedule = Schemas["services__gateway__adapters__http__announcements__ScheduleAnswer"];
export type Reachability = Schemas["ReachabilityAnswer"];
export type DrillRun = Schemas["DrillRunAnswer"];
export type TalkRecord = Schemas["TalkRecordAnswer"];
export type Priority = Broadcast["priority"];

interface List<T> {
  items: T[];
  next_cursor?: string | null;
}

const list = async <T>(path: string) => (await call<List<T>>("GET", path)).items;

export const broadcasts = {
  newest: () => list<Broadcast>("/broadcasts?limit=20"),
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

export const drills = {
  reach: () => call<Reachability>("GET", "/reachability"),
  runs: () => list<DrillRun>("/drills?limit=5"),
  start: (body: object) => call<DrillRun>("POST", "/drills", body),
  stop: (id: string) => call<DrillRun>("POST", `/drills/${encodeURIComponent(id)}/stop`),
};

export const talks = {
  page: (camera: string, cursor = "") => {
    const query = new URLSearchParams({ limit: "50", ...(camera === "" ? {} : { camera }), ...(cursor === "" ? {} : { cursor }) });
    return call<List<TalkRecord>>("GET", `/talks?${query}`);
  },
  sound: (id: string) => `/api/v1/talks/${encodeURIComponent(id)}/sound?form=wav`,
};
