/** Storage and retention: how long, how much, what is missing, and what another number of days would delete. */

import type { StorageWords } from "./words.zh-CN";

export const en: StorageWords = {
  intro: "How many days each camera is to be kept, how far back it really reaches, what it takes, what is missing. Fewer days delete the oldest recordings; what evidence and open cases hold stays.",
  readOnly: "You may look; an administrator or operations changes it.",
  totals: { bytes: "Recordings take", cameras: "Reach their days", troubled: "Need a look", over: "Schools over their limit", gaps: "Missing in all", of: "{n} of {all}", count: "{n}", schools: "{n}" },
  bar: { find: "School or camera", state: "State", order: "Order", all: "all", trouble: "need a look", over: "schools over their limit", none: "No camera is like that.", clear: "Clear", more: "More schools ({n})", shown: "cameras: {n}" },
  order: { name: "by name", trouble: "trouble first", days: "fewest days first", bytes: "largest first", gaps: "most missing first" },
  state: { cut: "cut short by the limit", none: "nothing recorded", stale: "nothing new", filling: "filling up", longer: "longer than its days", full: "full", off: "not recorded", gone: "removed" },
  about: {
    cut: "{time}: deleted before its days were over, because the school is over its limit. Raise the limit, or give other cameras fewer days.", none: "It should be recorded, and nothing is there. Is the camera online, does the recorder run?", stale: "The newest ends {time}. Is the camera online, does the recorder run?",
    filling: "{n} days to go. A new camera gains a day each day; no limit has cut this one short.", longer: "Kept by evidence or cases: {n}.", deleting: "What is old enough goes within ten minutes.", off: "Not to be recorded; what is there goes when its days are over.", gone: "No longer registered; what is there goes when its days are over.",
  },
  school: { limit: "limit {n}", noLimit: "no limit", over: "{n} over", select: "Choose all cameras of {name}", plan: "Whole school", setLimit: "Limit", bar: "{name}: {used} of {limit}", count: "cameras: {n}" },
  camera: { select: "Choose {name}", kept: "{have} of {want} days", days: "{n} days", gaps: "holes: {n}, {time}", noGaps: "no holes", held: "held: {n}", edit: "Edit", bar: "{name}: reaches back {have} days, to be kept {want} days", since: "{from} to {to}", nothing: "nothing recorded", wanted: "To be kept to here" },
  axis: { now: "now", ago: "{n} d ago", label: "From left to right: {n} days ago to now", kept: "kept", wanted: "to be kept" },
  mode: { continuous: "always", calendar: "by calendar", alerts: "around alerts", off: "not recorded" }, stream: { main: "main stream", sub: "sub stream" },
  selected: { n: "{n} chosen", edit: "Edit retention and recording", clear: "Clear", all: "Choose all listed" },
  time: { s: "{n} s", min: "{n} min", h: "{n} h", d: "{n} d" },
  empty: { title: "Nothing recorded yet", text: "Once cameras are registered, the recorder follows their plans.", cameras: "Register a camera" },
  away: { title: "What is recorded cannot be read now", text: "The recorder does not answer. Nothing is lost by that: pictures wait on the bus and are stored when it is back. System says why.", status: "See System" },
  form: {
    one: "{name}: retention and recording", many: "{n} cameras: retention and recording", days: "Days to keep", daysHint: "{least} to {most}; fewer than {least} are not allowed", keep: "as each has it", mode: "Record", stream: "Which stream", pre: "Before an alert (s)", post: "After it (s)", windows: "Hours", ownWindows: "The same hours for all", keepWindows: "Each camera keeps the hours it has.",
    badDays: "Enter a whole number from 7 to 3650.", badPre: "Enter a whole number from 0 to 120.", badPost: "Enter a whole number from 0 to 600.", noWindows: "By calendar needs hours: add one row at least.", noWeekday: "Choose a day in each row.", lacks: "Without hours so far: {n}. Enter the same hours for all.",
    next: "See what it would do", nothing: "Nothing is changed.", back: "Back", apply: "Apply ({n})", applyDelete: "Delete and apply ({n})", close: "Done", cancel: "Cancel",
    counting: "Counting what would be deleted: {n} of {all}", willChange: "Cameras that change: {n}; that stay as they are: {rest}.", nobodyLoses: "Nothing that is recorded is deleted.", longer: "More days keep what is still there; what was deleted does not come back.",
    loses: "{bytes} are deleted for good (cameras: {n}; {from} to {to}).", held: "{bytes} stay: held by evidence or open cases.", soon: "It begins within about ten minutes.", which: "Which cameras", more: "{n} more", understood: "I know that these recordings are deleted for good", silenced: "No longer recorded: {n}. What happens from now on cannot be looked at later.",
    estimate: "At today's rate these cameras take about {bytes} when full ({now} now).", overLimit: "{site} comes to about {bytes} when full, over its limit of {limit}: its oldest would be deleted early.",
    running: "Changing {n} of {all}", ran: "{done} changed, {same} were so already, {failed} failed.", retry: "Try what failed again ({n})", keepOpen: "Keep this window open.", noSub: "It has no sub stream: enter the address of one in Cameras, or record the main stream.", gone: "It was removed meanwhile.", became: { waiting: "waits", running: "at it", done: "changed", unchanged: "was so already", failed: "failed" },
  },
  limit: {
    title: "{name}: limit of its recordings", gigabytes: "Limit (GB)", hint: "Empty: no limit but the days. Above it the oldest goes first; nothing younger than 7 days does.", bad: "Enter a whole number from 1 to 1000000, or nothing.", used: "It takes {bytes} now.", fits: "Within the limit: nothing is deleted.",
    goes: "{over} too much: about {bytes} of the oldest are deleted for good.", stays: "{bytes} too much remain: younger than 7 days, or held. They stay.", counting: "Counting…", save: "Save", saveDelete: "Delete and save", saved: "Limit of {name} saved",
  },
};
