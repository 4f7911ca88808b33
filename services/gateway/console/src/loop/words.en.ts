/** Cases and orders, in English. */

import type { LoopWords } from "./words.zh-CN";

export const en: LoopWords = {
  cases: "Cases", orders: "Orders", case: "Case", order: "Order", back: "Back", retry: "Try again", cancel: "Cancel", more: "More", loading: "Loading…", exactly: "Exactly: {time}",
  risk: { 1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ", long: "Risk class {class}" },
  due: {
    by: "Deadline", left: { days: "{a} d {b} h left", hours: "{a} h {b} min left", minutes: "{a} min left", moment: "under a minute left" },
    late: { days: "{a} d {b} h overdue", hours: "{a} h {b} min overdue", minutes: "{a} min overdue", moment: "due just now" },
  },
  card: { yellow: "yellow card", red: "red card" },
  kind: { opinion: "Corrective opinion", instruction: "Instruction", enforcement: "On-site enforcement" },
  state: { served: "Served, not read", read: "Read, to be corrected", answered: "Answered, to be verified", appealed: "Under appeal", closed: "Closed", withdrawn: "Withdrawn" },
  caseState: { open: "Open", closed: "Closed" },
  source: { alert: "Alert", snapshot: "Snapshot", inspection: "Inspection", report: "Report" },
  rule: { no_mask: "No mask", no_hat: "No hat", no_uniform: "No uniform", rodent: "Suspected rodent", intrusion: "Intrusion outside hours", picture_fault: "Picture fault", camera_offline: "Camera offline" },
  filter: { site: "School", allSites: "All schools", state: "State", all: "All", open: "Open", closed: "Closed", overdue: "With an overdue order", words: "Number or title" },
  list: {
    newCase: "Open a case", emptyTitle: "No cases", emptyText: "Open one from a confirmed alert, or by hand.", noneTitle: "No case fits", noneText: "Choose other filters.", orderCount: "{n} order(s)", noOrder: "no order yet",
    mine: "Served by me", overdue: "Overdue", waiting: "To be verified", appeals: "Appeals", allOrders: "All", school: "To be corrected", noOrderFits: "No order fits", noOrders: "No orders here", noOrdersText: "Serve one from a case or a confirmed alert.",
  },
  form: {
    title: "Title", text: "What happened", site: "School", source: "Source", risk: "Risk class", cameras: "Cameras", save: "Open", choose: "Choose", titleHint: "The problem in one sentence", sealSight: "Seal the recording of “{camera}”, {time} ± 30 s, with its picture", notSealed: "The case is open, but the recording is not sealed: {why}", sealAgain: "Seal again", withoutSeal: "To the case",
    risk1: "Class Ⅰ: at once", risk2: "Class Ⅱ: by a deadline", risk3: "Class Ⅲ: routine guidance",
  },
  page: {
    alerts: "Alerts", unreadAlerts: "{n} alert(s) cannot be shown now: {why}", noAlerts: "This case did not come from an alert.", seeAlert: "See the alert", playback: "Recording", orders: "Orders", noOrders: "No order was served yet.", newOrder: "Serve an order", notes: "Notes", addNote: "Add a note", noteHint: "What others should know", save: "Save",
    timeline: "What happened", close: "Close the case", closeTitle: "Why it is closed", closeHint: "For example: verified, corrected on site", closed: "Closed by {by} on {time}", cannotClose: "{n} order(s) are still open: close them first.",
    evidence: "Evidence", seal: "Seal recordings", sealHint: "Seals the original recordings around the violation and after the correction: nobody can change or delete them for a year.", noEvidence: "Nothing is sealed yet.", noRight: "Your account may not see evidence.", download: "Download the file", noRange: "There is no picture whose recording could be sealed.", openedBy: "Opened by {by}",
    evidenceState: { queued: "waiting", running: "being sealed", sealed: "sealed", failed: "failed" },
  },
  share: { title: "Shown to other departments", nobody: "Nobody of another department sees it.", account: "Their account", until: "Until", add: "Share", end: "Stop sharing", endTitle: "Stop sharing with “{name}”?", endText: "They do not see this case any more, at once.", hint: "They see this case's alerts and orders and nothing else. It ends by itself (at most a year, and no later than their account)." },
  step: {
    serve: "Order served", read: "Read by the school", answer: "Answered by the school", check: "Machine check", close: "Closed", reopen: "Sent back", withdraw: "Withdrawn", extend: "Deadline extended", appeal: "Appeal by the school", uphold: "Appeal upheld, order withdrawn", reject: "Appeal rejected", remind: "Reminder", overdue: "Overdue", card: "{card} shown",
    machine: "system", newDue: "New deadline: {time}",
  },
  line: { seen: "Seen: {what}", reviewed: { confirmed: "Alert confirmed", false: "Judged a false alarm", unclear: "Judged unclear" }, opened: "Case opened", closed: "Case closed", note: "Note", ofOrder: "Order “{title}”" },
  new: {
    title: "Serve an order", kind: "Kind", kindHint: { opinion: "The school corrects by the deadline and answers", instruction: "The school is told to take care, and answers", enforcement: "Officers come and deal with it on site" }, template: "Template", both: "Both languages", heading: "Title", text: "Text", textHint: "Change it as needed; once served it stays as it is.", refill: "Fill in the template again",
    due: "Deadline", dueBy: "Risk class {class}: {hours} working hours", change: "Change the deadline", automatic: "By the rules", serve: "Serve it", cancel: "Cancel", confirmFirst: "Nobody has confirmed this alert yet. A person looks at it before any order is served.", confirm: "I have looked: it is a violation", notConfirmed: "This alert was judged false or unclear: no order can be served for it.", about: "About", noSubject: "Serve an order from an alert or from a case.", toCases: "To the cases", caseClosed: "This case is closed: no order can be served in it.", served: "Served",
  },
  orderPage: {
    print: "Print", pdf: "PDF", pdfBusy: "Making the PDF…", readAt: "Read by the school on {time}", notRead: "The school has not read it yet", madeBy: "Served by {by}", process: "Steps", whatSaid: "The school's answer", decide: "Decide", nothing: "Nothing to be done now.", closeNow: "Corrected: close it", sendBack: "Send back", withdraw: "Withdraw the order", extend: "Extend the deadline", uphold: "Uphold the appeal", reject: "Reject the appeal",
    why: "Reason (the school sees it)", whyNeeded: "Say why.", newDue: "New deadline", fourEyes: "You served this order: another supervisor decides the appeal.", toCase: "To the case", picture: "Picture of the violation",
    check: {
      title: "Machine check", waiting: "After the school's answer the same camera is watched under the same rule for a while.", running: "Watching the same camera…", none: "There is no rule to look by: verify it yourself.", passed: "Correction seen", failed: "Still broken", inconclusive: "Not enough was seen", looked: "Looked {looked} times, {broken} of them broke the rule", before: "Before", after: "After", noPicture: "No picture", seeAlert: "See the new alert", hint: "The machine advises; a person closes.",
    },
  },
  photo: { large: "Show larger", close: "Close", of: "Photo {n}", missing: "The photo did not load" },
  answer: {
    title: "Your answer", text: "In a sentence: what did you do?", appealText: "Why do you disagree?", take: "Take a photo", album: "Choose photos", remove: "Remove this photo", send: "Send", sendAppeal: "Send the appeal", edit: "Change it", isAppeal: "You disagree? Appeal", isAnswer: "Answer instead of appealing", textNeeded: "Write a sentence first.", tooMany: "At most {n} photos.", badPhoto: "This photo cannot be read: take another one with the phone's camera.",
    draft: "Draft kept on this phone", draftHint: "It is not lost when you close the page.", waiting: "Waiting for the network", waitingHint: "It is sent by itself, once, when the network is back. You may close the page.", sending: "Sending…", sent: "Sent", sentHint: "A supervisor will verify it.", refused: "It could not be sent", shrinking: "Preparing the photo…",
  },
  kitchen: {
    title: "My kitchen", wrong: "To be corrected", nothingWrong: "Nothing to correct", nothingWrongText: "New orders appear here.", read: "Read and correct", waiting: "Waiting for verification", answered: "Answered {time}", appealed: "Appeal being decided", live: "See my kitchen", liveHint: "Tap a camera to see it live.", noCameras: "No cameras are registered yet.", hide: "Hide", offline: "No network: this is how it was at {time}.", offlineEmpty: "No network. This page fills by itself when it is back.", warning: "Warning", warningText: "{what} was seen: look at once.", seenAt: "Seen {time}", install: "Install", details: "See the order", pictureHidden: "The picture cannot be shown now",
  },
  templates: {
    title: "Correct: {what}", titlePlain: "Order to correct", seen: "On {time} camera {camera} saw at {site}: {what}.", plain: "At {site} the following was found: {what}.",
    opinion: "Correct it as follows and answer with words and photos before the deadline:", instruction: "You are told to take care of the following, and to answer:", enforcement: "Officers will come to the site. Assist them, and do the following:",
    demand: {
      no_mask: "Everybody in the kitchen wears a mask over mouth and nose at all times.", no_hat: "Everybody in the kitchen wears a chef's hat that covers the hair.", no_uniform: "Everybody in the kitchen wears a clean uniform.", rodent: "Stop using the area at once, look for traces, close holes, clean and disinfect before it is used again.", intrusion: "Keep the kitchen locked outside hours, and find out who came in and why.", picture_fault: "Check and clean the camera until the picture is clear.", camera_offline: "Restore the camera's power and network, and say why it was away.", other: "Find the cause, correct it at once, and see that it does not happen again.",
    },
  },
  print: { heading: "Order", number: "Number", school: "School", kind: "Kind", risk: "Risk class", served: "Served", due: "Deadline", by: "Served by", content: "Text", steps: "Steps", signature: "Received by the school", date: "Date", go: "Print" },
};
