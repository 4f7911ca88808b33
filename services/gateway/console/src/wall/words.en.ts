/** Wall screen and patrols. */

import type { WallWords } from "./words.zh-CN";

export const en: WallWords = {
  open: "Wall screen", schools: "Schools", camerasOnline: "cameras online", waiting: "alerts waiting", today: "alerts today", confirmed: "confirmed today", orders: "orders today",
  state: { online: "all online", away: "some offline", dark: "all offline", none: "no cameras", alert: "alert open" },
  cameras: "{online}/{all} online", alerts: "1 alert | {n} alerts", more: "{n} more", moreAlerts: "More than {n} alerts wait; not all are marked",
  newest: "Newest confirmed alert", noneYet: "No alert was confirmed yet", noPicture: "No picture", at: "confirmed {time}",
  away: "Server away since {time}, trying again", old: "What is shown is from then", loading: "Reading", noSchools: "No schools yet", noPictures: "No camera is online",
  tour: {
    start: "Tour", pause: "Pause", resume: "Go on", stop: "End", dwell: "Time per page", seconds: "{n} s", runs: "Tour runs", paused: "Tour is paused", alert: "Paused by an alert: {what}, {where}", look: "Look at it", key: "P goes on",
  },
  order: { reset: "Original order", hint: "Drag a picture to another place, or press Shift and an arrow key on it", moved: "{name} is number {n} now" },
};
