/** English, complete. */

import type { Words } from "./zh-CN";

export const en: Words = {
  product: "Bright Kitchen",
  productLine: "Supervision of school kitchens",
  language: "中文",
  signIn: { title: "Log in", name: "Account", password: "Password", submit: "Log in", wrong: "The account or the password is not right.", tooOften: "Too many failures. Try again in {seconds} s.", inLine: "Many people are logging in. This page tries again by itself in {seconds} s.", hint: "The administrator's password was printed at the first start and is kept in the file admin-password of the data folder.", offline: "The server cannot be reached. Check the network and try again.",
    code: "Code", codeHint: "Of the authenticator app, or one of the recovery codes.", wrongCode: "The code is wrong, or was used already. Wait for the next one.",
    mustChange: "This password was for the first log-in alone. Choose another one, with at least 10 characters.", newPassword: "New password", change: "Change and go on", anotherPassword: "Choose another password, with at least 10 characters.", with: "Log in with {name}" },
  nav: { watch: "Watch", alerts: "Alerts", cases: "Cases", kitchen: "My kitchen", more: "More", live: "Live", playback: "Playback", broadcast: "Broadcast", figures: "Figures", inspections: "Inspections", cameras: "Cameras", sites: "Schools", status: "System", audit: "Audit", watching: "Who watched", manage: "Manage", account: "My account", notices: "My notifications", user: "Menu of {name}", signOut: "Log out", menu: "Menu" },
  role: { admin: "administrator", chief: "chief", inspector: "inspector", sre: "operations", supervisor: "supervisor", viewer: "viewer", school: "school", guest: "guest", auditor: "auditor" },
  header: {
    waiting: "no alert waits | 1 alert waits | {n} alerts wait", reach: "{online} of {all} schools reachable (a camera or more sends pictures); {camerasOnline} of {cameras} cameras", reachOld: "{online} of {all} schools reachable at {at}; not updated now", offline: "Offline",
    reachUnknown: "How many schools are reachable is not known now; it was last at {at}", reachWords: "schools reachable", search: "Search", searchWords: "school, camera, case",
    alarmOn: "Sound for class Ⅰ alerts: on", alarmOff: "Sound for class Ⅰ alerts: muted", alarmHeld: "Sound is on, but the browser wants one click on the page first", newGrave: "New class Ⅰ alert",
  },
  live: {
    title: "Live view", layout: "Layout", page: "Page {page} of {pages}", previous: "Previous page", next: "Next page", fullScreen: "Full screen", enlarge: "Enlarge {name}", back: "Back",
    online: "{online} of {all} online", behind: "{ms} ms behind", mute: "Mute", unmute: "Sound on", allSites: "All schools", connecting: "Connecting…", since: "since {time}",
    emptyTitle: "No cameras yet", emptyText: "Pictures appear here as soon as the first camera is added.", add: "Add a camera", noneHere: "This school has no cameras yet.", emptyAsk: "Pictures appear here when an administrator has registered cameras.", listFailed: "The list of cameras cannot be read", view: "Kind of view", allViews: "All views", noneOfView: "No camera with this kind of view", mainStream: "main stream", live: "live",
    talk: "Talk", talkTo: "Talk to {name}", talkOpen: "Talk is open", talkSpeaking: "Speaking",
  },
  condition: { online: "online", connecting: "connecting", refused: "refused", unreachable: "unreachable", stalled: "no picture", disabled: "switched off" },
  reason: {
    ok: "Pictures are coming.", starting: "Connecting to the camera for the first time.", disabled: "Switched off in the registry. Enable it to watch.", wrong_password: "The camera refused the user name or password. Correct it; until then it is tried once a minute so that the account is not locked.",
    not_found: "The camera knows no such stream. Check the path in its address.", busy: "The camera has no session left. Close other viewers of it.", refused: "The camera refused the request.", frozen: "Connected, but no pictures: check power and cable, restart the camera.", no_video: "No usable video. Set the encoder to H.264 or H.265.",
    protocol: "The camera sent what the standard does not allow.", port_closed: "Nothing listens at that address and port. Check both, and that RTSP is switched on.", no_such_host: "The host name is not known. Check the address.", no_route: "There is no way to that network. Check the address, the route or the VPN.",
    timed_out: "No answer in time. Check power, address and firewall.", closed: "The camera ended the stream; it may be restarting and is tried again.", unreachable: "The camera cannot be reached.", failed: "The connection failed and is tried again.",
    no_connection: "The connection to the server broke; reconnecting.", no_fragments: "No new picture for some seconds.", decode_error: "The browser could not decode it; trying again.", codec: "This browser cannot play that codec.", no_media_source: "This browser cannot play live video. Please update it.",
    login_ended: "Your login has ended. Please log in again.", forbidden: "You may not watch this camera.", no_such_camera: "This camera was removed.", not_taken: "Waiting for ingest to take it.", needs_password: "Enter the password to probe it.",
  },
  purpose: { hygiene: "hygiene", processing: "processing", dishes: "dishes", storage: "storage" },
  cameras: {
    analysis: {
      title: "Analysis", enabled: "Look at its pictures", offText: "While it is off, neither people nor rodents nor faults of the picture are seen, and there are no alerts of them.", hours: "Working hours", asCalendar: "As the school's calendar", own: "Its own", ownText: "Outside them is night, watched for rodents. Time zone: {zone}", toCalendars: "Go to the calendars",
      needHours: "Add hours, or choose the school's calendar.", needDays: "Choose a day at least for each row.", noLength: "Hours cannot end when they begin.",
      night: { noCalendar: "This school has no calendar: nobody watches its nights, so there are no alerts of suspected rodents or of intrusion outside hours. Make a calendar, or give this camera hours of its own.", noHours: "This school's calendar has no weekly hours: nobody watches ordinary nights, so there are no alerts of suspected rodents or of intrusion outside hours. Add hours to the calendar, or give this camera its own.", shut: "Closed today: watched as at night all day.", open: "Open today {hours}; the rest is watched as night." },
    },
    title: "Cameras", add: "Add a camera", edit: "Edit", remove: "Remove", name: "Name", site: "School", purpose: "Purpose", address: "Address", state: "State", picture: "Picture", user: "User name", password: "Password", passwordKept: "kept; leave empty to keep it", transport: "Transport", sub: "Address of the sub stream (optional)", id: "Id",
    idHint: "lower-case letters, digits, - and _; never changes afterwards", probe: "Probe", probing: "Probing…", found: "Found it", notFound: "Not found", codec: "Codec", size: "Size", fps: "Frame rate", gop: "Time between IDRs", audio: "Sound", noAudio: "none", first: "First picture", save: "Save", cancel: "Cancel", enabled: "Enabled", wantsAudio: "Receive sound",
    removeTitle: "Remove {name}?", removeText: "It is no longer pulled and leaves the registry; what was recorded stays.", removed: "{name} removed", saved: "Saved", emptyTitle: "No cameras registered yet", emptyText: "Have the camera's RTSP address and account ready, choose Add a camera, and probe it first.", noSite: "Add a school first.", newTitle: "Add a camera", editTitle: "Edit {name}", addressHint: "e.g. rtsp://192.168.1.64:554/Streaming/Channels/101", auto: "automatic", advise: "Probe it before you save.", part: "{n} of {all} cameras are shown.", showAll: "Show all",
  },
  relearn: { act: "The view is right: learn it anew", when: "When the camera was turned on purpose and shows what it should.", done: "What it shows now counts as right, and is being learned." },
  speaker: {
    title: "Talk", way: "Spoken to by", auto: "As it is found to be", none: "No speaker", isapi: "Hikvision ISAPI", dahua: "Dahua CGI", onvif: "ONVIF", port: "HTTP port of the device", channel: "Talk channel",
    pending: "Talk: not looked for yet", can: "Talk: {way} · {codec}", cannot: "Talk: {reason}",
    reason: { no_speaker: "the camera offers no sound toward itself", busy: "somebody else speaks through it", intercom_away: "the intercom does not answer", refused: "the camera refuses: check the user's right to talk", protocol: "the camera's answer is not what the standard allows", password_unreadable: "the stored password cannot be read: enter it again" },
  },
  sites: { title: "Schools", add: "Add a school", name: "Name", id: "Id", kind: "Kind", emptyTitle: "No schools yet", emptyText: "Add a school first, then register the cameras of its kitchen.", cameras: "Cameras", remove: "Remove", removeTitle: "Remove {name}?", removeText: "Only a school without cameras can be removed.", newTitle: "Add a school" },
  kind: { kindergarten: "kindergarten", primary: "primary school", secondary: "secondary school", school: "school", university: "university", other: "other" },
  status: { title: "System", since: "since {time}" },
  playback: {
    laneLoading: "being read…", laneUnread: "not read: there may be recordings", laneFailed: "{name}: the timeline cannot be read. {why}", laneOld: "{name}: the timeline is not updated; it may be out of date. {why}", alerts: "Alerts of the day", alertsFailed: "Alerts cannot be marked. {why}", alertsMore: "Only the newest {n} alerts of the day are marked.", alertAndMore: "{first}, and {n} more",
    title: "Playback", timeline: "Timeline", nothing: "Nothing was recorded then.", failed: "The recording cannot be played. Try again in a moment.", day: "Day", dayBefore: "Day before", dayAfter: "Day after", play: "Play", pause: "Pause", space: "space bar",
    back10: "10 seconds back (←)", on10: "10 seconds on (→)", stepBack: "One picture back", stepOn: "One picture on", speed: "Speed", still: "Snapshot", openCase: "Open a case", openCaseHint: "A case about this moment, with its recording sealed", zoomIn: "Zoom in", zoomOut: "Zoom out", markStart: "From here", markEnd: "Up to here", selected: "{n} s selected", clear: "Clear",
    makeClip: "Make a clip", evidence: "Seal as evidence…", reason: "Why? Goes into the case file.", sealNow: "Seal", sealHint: "Locked for a year: nobody can change or delete it, you included.", selectHint: "Mark a begin and an end, or drag with Shift, to make a clip or seal evidence.",
    removeTitle: "Remove the clip of “{name}”?", removeText: "It cannot be brought back; the recording itself stays.", moreCases: "Earlier cases", retry: "Try again",
    exports: "Clips and cases", noExports: "Nothing yet.", clip: "Clip", case: "Case", seconds: "{n} s", download: "Download", remove: "Remove", progress: "Progress", emptyText: "Recordings appear here as soon as a camera of this school has been recorded.",
    error: { nothing_recorded: "Nothing was recorded then.", no_space: "The recorder's disk is full.", clip_spans_formats: "The camera changed its format in this range: make two clips.", recording_missing: "A piece of the recording is missing.", picture_not_decodable: "A piece of the recording cannot be read." },
  },
  gap: { unknown: "Not recorded; nobody said why.", missing_on_bus: "Lost before it could be stored.", not_wanted: "Not recorded by plan.", first: "Before the first recording.", worker_lost: "The service that pulls the camera had failed.", bus_away: "The message bus was away." },
  problem: { title: "That did not work", unknown: "The server gave no reason. Try again in a moment.", retry: "Try again" },
};
