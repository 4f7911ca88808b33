/** The audit trail, and who watched a school. */

import type { AuditWords } from "./words.zh-CN";

export const en: AuditWords = {
  title: "Audit trail",
  watchingTitle: "Who watched us",
  watchingText: "Every view, playback and snapshot is on record, and the school's own people may read it here.",
  who: "Account", action: "What", camera: "Camera", from: "From", to: "To", outcome: "Outcome", every: "All", refused: "Refused", school: "School",
  at: "When", about: "About", how: "Detail", address: "From address", seconds: "{n} s", goesOn: "goes on", purpose: "Why", noPurpose: "not said",
  more: "Earlier", empty: "Nothing like that on record", emptyText: "Take a longer range, or clear the filters.", nobody: "Nobody has watched yet", nobodyText: "Whoever looks at a camera of this school stands here.",
  export: "Export all", exporting: "Exporting…", verify: "What is exported can be checked with `bk audit verify`: a row that was changed or taken out shows.",
  retry: "Try again", hash: "Hash",
  deeds: { live_view: "live", snapshot: "a picture", playback: "playback", clip_made: "made a clip", clip_downloaded: "took a clip", evidence_sealed: "sealed evidence", evidence_downloaded: "took evidence", talk_opened: "looked while talking", talk_heard: "heard a talk" },
  outcomes: { wrong_credentials: "wrong name or password", wrong_code: "wrong code", no_role: "no role", account_exists: "both names taken", last_administrator: "the last administrator" },
  details: {
    account: "account", alerts: "alerts", announcement: "announcement", before: "before", began: "began", broadcast: "broadcast", by: "by", cameras: "cameras", case: "case", channel: "channel",
    clip: "clip", count: "count", department: "department", draw: "draw", fields: "changed", file: "file", from_us: "from", guest: "guest", inspection: "inspection", kind: "kind", name: "name",
    order: "order", person: "person", reason: "reason", room: "room", rule: "rule", schedule: "schedule", silence: "silence", site: "school", talk: "talk", talker: "talker", text: "text",
    title: "title", to_us: "to", unit: "unit", until: "until", what: "what", why: "why",
  },
  purposes: { patrol: "patrol", draw: "random inspection", case: "case", drill: "drill" },
};
