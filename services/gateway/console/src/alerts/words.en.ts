/** The words of alerts and of the watch: English. */

import type { AlertWords } from "./words.zh-CN";

export const en: AlertWords = {
  watch: "Watch", history: "Alerts", inbox: "Alerts that wait", back: "Back to the list",
  ago: { now: "now", seconds: "{n} s ago", minutes: "{n} min ago", hours: "{n} h ago", days: "{n} d ago" },
  risk: { 1: "Risk class Ⅰ", 2: "Risk class Ⅱ", 3: "Risk class Ⅲ" },
  sign: { 1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ" },
  verdict: { confirmed: "confirmed", false: "false alarm", unclear: "unclear", none: "waits" },
  count: "{n}", countMore: "more than {n}", times: "{n} of the same", unread: "unread", goesOn: "still going on", over: "over", new: "New alert: {what}, {where}",
  quiet: { title: "All quiet", text: "No alert waits. New ones appear here by themselves.", reach: "{online} of {all} cameras reachable; the watch goes on.", unknown: "Nothing is known at the moment", unknownText: "When the connection is back, whatever was raised meanwhile appears.", unsure: "No alert waits", unsureText: "Whether analysis and alerting run is not known at the moment.", noCamera: "No camera is in use", noCameraText: "Nothing is looked at, so no alert can come.", noneOnline: "No camera is reachable", noneOnlineText: "None of {all} cameras sends a picture: that no alert waits does not mean that all is well." },
  away: {
    title: "{names} stopped", join: ", ", since: "since {time}", link: "See the system's state", none: "No alert waits, and that does not mean that all is well.",
    name: { ingest: "Video ingest", detector: "Analysis", alerting: "Alerting" },
    means: { ingest: "No new pictures come from cameras.", detector: "Pictures of kitchens are not analysed: a violation raises no alert.", alerting: "No new alert is raised, and nobody is told." },
  },
  choose: "Choose an alert on the left",
  failed: { title: "Alerts cannot be read", text: "The alert service does not answer; it is tried again.", retry: "Try now" },
  forbidden: { title: "You may not see alerts", text: "This page is for supervisors. Ask an administrator if you need it.", live: "See live pictures" },
  offline: "Offline since {time}; reconnecting. What is shown may be out of date.", reconnect: "Reconnect now",
  gone: { title: "There is no such alert", text: "It does not exist, or it belongs to a school that is not yours." },
  act: { confirm: "Confirm", false: "False alarm", unclear: "Unclear", order: "Order", talk: "Talk", take: "Take it", change: "Change" },
  only: "Your account may look at alerts, not judge them.",
  orderFor: "Order about “{what}”, {where}", done: "Judged {verdict}: {what}", doneMany: "Judged {verdict}: {n} of {what}", together: "Judge all {n}", lastOne: "Judged {verdict}: {what}. No alert waits any more.", notTaken: "The judgement of “{what}” was not taken; it waits again. {why}", changing: "Choose another judgement to correct it; every one is kept on record.",
  judgedBy: "{name}: {verdict}", takenBy: "{name} has taken it", takeFailed: "It could not be taken. {why}",
  picture: {
    alt: "Best picture of {what}, {where}", waiting: "Fetching the picture…", soon: "The recording of this moment is being stored; the picture comes in a moment.", none: "There is no recorded picture of this moment.", noneOffline: "The camera was away: there is no picture.", failed: "The picture cannot be read now. {why}", retry: "Try again", playback: "Play back this moment",
    boxes: "Boxes", hideBoxes: "Hide boxes", showBoxes: "Show boxes", at: "taken {time}", other: "nearest recorded picture, {s} s from the alert's", clip: "10 s before and after", crop: "Close-up", download: "Download the clip", clipFailed: "The clip cannot be played",
  },
  spoken: "Spoken there", spokenState: { due: "to be spoken", asked: "being spoken", played: "played", heard: "heard by the camera", not_played: "not spoken", too_late: "not spoken: seen too long ago" },
  spokenWhy: { camera_unreachable: "the camera cannot be reached", no_backchannel: "the camera has no speaker", wrong_password: "wrong password", floor_taken: "somebody was speaking", too_often: "often enough for this hour", intercom_away: "the intercom was away" },
  facts: "What it rests on", place: "Place", rule: "Rule", ruleVersion: "{rule}, version {version}", seen: "Pictures", seenText: "{broken} of {looked} broke the rule", score: "Score", first: "First seen", last: "Last seen", models: "Models", verdictPicture: "Picture quality", usable: "usable", thresholds: "Thresholds", cameras: "Also seen by", handled: "Handled", nobody: "nobody has taken it", digest: "whole digest {digest}",
  case: { see: "See the case", none: "no case yet", order: "Make an order", count: "{n} confirmed without a case", countMore: "more than {n} confirmed without a case" },
  hops: "Time to each step", hop: { received: "received", heard: "at the detector", decoded: "decoded", inferred: "recognised", ruled: "judged", stored: "stored" }, fromPicture: "from the picture", ms: "{n} ms", s: "{n} s",
  fault: {
    no_signal: "no signal", black: "black", frozen: "frozen", looped: "looped", covered: "covered", blurred: "blurred", moved: "camera moved", overexposed: "overexposed", underexposed: "too dark", colour_cast: "colour cast", noise: "noise", stripes: "stripes", low_bitrate: "low bit rate", low_frame_rate: "low frame rate", wrong_clock: "wrong clock",
  },
  model: { people: "people", heads: "heads", mask: "mask", headwear: "hat", uniform: "uniform", head_attributes: "masks and hats" },
  threshold: { score: "least score", broken: "broken", looked: "looked at", seconds: "seconds", height: "least height" },
  live: "Live", liveGone: "The camera was removed or cannot be read.", older: "Others of the same", keys: "Keys",
  filter: { site: "School", rule: "Rule", state: "State", risk: "Class", from: "From", to: "To", all: "all", clear: "Clear filters", silent: "silent (nobody was told)", open: "waits", uncased: "confirmed, no case yet" },
  list: { time: "Time", what: "Alert", where: "Place", state: "State", links: "See", none: "No alert fits", noneText: "Widen the time or clear the filters.", newest: "Back to the newest", older: "Older", open: "Open", playback: "Playback", lasted: "lasted {time}", judged: "{name}, {time}" },
};
