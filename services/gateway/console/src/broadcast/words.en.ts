/** Broadcasts, announcements, drills, talks on record. */

import type { BroadcastWords } from "./words.zh-CN";

export const en: BroadcastWords = {
  title: "One-key broadcast", tabs: { speak: "Broadcast", past: "Past broadcasts", library: "Announcements", drills: "Drills", talks: "Talk records", rooms: "Emergency rooms" },
  to: "To whom", search: "Find a school or a camera", everybody: "Everybody", chosen: "{cameras} cameras of {sites} schools", none: "Choose schools or cameras on the left first.", clear: "Clear", fold: "Unfold or fold {name}",
  offline: "offline", off: "switched off", mute: "no speaker", nothingFound: "No school or camera matches.", noCameras: "No camera is registered yet.", open: "Choose", shut: "Done",
  what: "What", source: { microphone: "Microphone", announcement: "Library", text: "Text to speech" },
  pickAnnouncement: "Choose an announcement…", noAnnouncements: "The library is empty: add something under Announcements.", textHint: "For example: please check all gas valves now.", language: "Spoken in", chinese: "Mandarin", english: "English", listen: "Listen first", listening: "Playing…",
  priority: "Priority", routine: "Routine", order: "Order", emergency: "Emergency", emergencyHint: "An emergency interrupts whoever is speaking, and is on record.", reason: "Why (kept in the audit and with the receipts)",
  hold: "Hold to speak", holdSpace: "or hold the space bar", letGo: "Let go to stop", play: "Play now", connecting: "Connecting…", again: "Once more", stop: "Stop", end: "End the broadcast", retry: "Try the {n} that failed again", fresh: "New broadcast",
  state: { idle: "Not connected yet", warming: "Connecting: {ready} of {all} ready", ready: "{ready} of {all} ready: you may speak", speaking: "On the air: {n} of {all}", over: "Over: {n} of {all} received it" },
  hint: { idle: "Connects by itself once you have chosen. Nothing is heard in a kitchen before you press.", ready: "Those that are not ready delay nobody: they join when they are connected.", speaking: "The kitchens are listening.", over: "Try again for those that did not, or telephone." },
  mark: { waiting: "Connecting", ready: "Ready", sounding: "Playing", heard: "Received", failed: "Failed" }, receipts: "Receipts", played: "played; the camera never says", attempt: "attempt {n}",
  why: {
    floor_taken: "{holder} is speaking there", preempted: "{holder} took over with a higher priority", camera_busy: "used by another program", wrong_password: "wrong password", no_backchannel: "no speaker", codec: "sound it cannot take", camera_refused: "refused", camera_unreachable: "not reachable",
    camera_gone: "broke off", not_heard: "no sound arrives", camera_disabled: "switched off", no_such_camera: "removed", not_in_time: "not connected in time", too_often: "its limit for this hour is reached", bus_away: "the message bus is away",
  },
  trouble: { offline: "The server cannot be reached: check the network, then try again.", failed: "That did not work: {detail}" },
  library: {
    name: "Name", text: "Text", add: "Add an announcement", save: "Save", file: "Upload a sound", remove: "Remove", removeTitle: "Remove “{name}”?", removeText: "It cannot be brought back. It stays while a schedule plays it.", seconds: "{n} s", empty: "The library is empty", emptyText: "Write a text to be spoken, or upload a sound.", kept: "loudness {lufs} LUFS",
    schedules: "Schedules", addSchedule: "Add a schedule", which: "Announcement", days: "Days", day: { 1: "Mon", 2: "Tue", 3: "Wed", 4: "Thu", 5: "Fri", 6: "Sat", 7: "Sun" }, times: "Times", timesHint: "such as 10:30, 16:00", whereTo: "Schools", all: "All schools", next: "next {time}", last: "last {time} · {outcome}", none: "Nothing is scheduled.",
    outcome: { played: "played", missed: "missed", failed: "failed", skipped: "skipped" },
  },
  drills: {
    now: "Kitchens we could reach right now", cameras: "{percent} of cameras", nothing: "Never drilled", start: "Start a drill", startSite: "Drill", stop: "Stop", running: "Drilling {done} of {total}", startTitle: "Start a drill now?", startText: "Each camera sounds for about 2 seconds; kitchens where somebody speaks are left out.",
    explain: "A coded tone from the speaker is recognised in the same camera's microphone: speaker, microphone, line and delay in one. Who passed within {hours} h and is online counts as reachable.", never: "never drilled", last: "last {time}", delay: "{ms} ms delay", of: "{reachable} of {all}",
    state: { reachable: "Reachable", offline: "Offline", stale: "Too long ago", failed: "Failed", never: "Never drilled" },
    cause: {
      heard: "passed", tone_not_found: "the microphone did not hear the tone: speaker off, too quiet or broken", microphone_silent: "the microphone is silent", no_sound_track: "the stream has no sound", not_delivered: "the camera did not receive the sound", no_picture: "no stream", heard_elsewhere: "heard at another camera: {other}", another_heard_here: "another camera's tone was heard here: {other}",
      floor_taken: "somebody was speaking", preempted: "gave way to somebody who spoke", no_backchannel: "no speaker", camera_refused: "refused", camera_unreachable: "not reachable", camera_gone: "broke off", disabled: "switched off", stopped: "stopped", window_over: "the quiet hour was over", camera_removed: "removed",
    },
  },
  hours: {
    title: "Drills by themselves", explain: "Drills come once in a quiet hour, when nobody is in the kitchens; where none is set, they do not come by themselves.", all: "All schools (default)", none: "not set: no drills by themselves", off: "no drills by themselves", set: "Set", edit: "Change", remove: "Remove", add: "An hour of its own for…", when: "Quiet hour", whenHint: "Drills begin within it, and stop at its end.", noDay: "Choose at least one day.", zone: "Time zone", isOn: "Drill by itself", isOnSite: "Drill by itself (unticked: the default hour is not for this school)",
    removeTitle: "Remove the quiet hour of “{name}”?", removeSite: "The school follows the default hour again.", removeAll: "Schools without an hour of their own are not drilled by themselves any more.",
  },
  past: {
    title: "Past broadcasts", empty: "Nothing was broadcast yet", emptyText: "When a broadcast is over, the receipt of every camera is kept here.", by: "by {who}", reason: "Why: {reason}", going: "going on", neverBegan: "never began", noReceipts: "This broadcast has no receipts.", more: "Earlier ones", retry: "Try again", loading: "Loading…",
    ending: { finished: "played to its end", hung_up: "ended", browser_gone: "the browser went away", browser_silent: "no sound came from the browser", ice_failed: "no way through the network", time_limit: "reached the time limit", idle: "nobody spoke", draining: "the service was restarted", worker_lost: "the service broke off" },
  },
  talks: { camera: "Camera", all: "All cameras", when: "When", who: "Who spoke", where: "Kitchen", long: "Length", ending: "Ended", sound: "Sound", noSound: "no sound kept", noMicrophone: "the talker only", empty: "No talks on record yet", emptyText: "A few seconds after a talk has ended both directions are here.", more: "Earlier ones", presses: "{n} presses", lostWorker: "the service broke off" },
};
