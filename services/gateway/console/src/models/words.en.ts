/** Model packs: which are in force, which were refused and why, and how one is exchanged. */

import type { ModelWords } from "./words.zh-CN";

export const en: ModelWords = {
  intro: "What is recognised comes in model packs. Here are the packs of each detector, where they come from, and the figures they carry; those are the packs' own, not measured on this system.",
  can: "What can be recognised", packs: "Model packs", refusedTitle: "Refused packs", workers: "Detectors", worker: "{name} ({device})", silent: "{names}: signs of life and no answer", workersCount: "detectors: {n}",
  capability: { people: "people", heads: "heads", head_attributes: "masks and hats", uniform: "uniforms", things: "things: {name}" },
  ability: { ready: "ready", unavailable: "unavailable" },
  state: { in_force: "in force", shadow: "tried beside it", spare: "spare", refused: "refused" },
  by: "by {pack}", unableText: "Not seen is not the same as not there: until it is back it raises no alert.", differs: "{pack} is tried beside it: {n} % of pictures differ", shadowed: "{pack} is tried beside it, nothing compared yet",
  field: { capability: "For", labels: "Tells apart", licence: "Licence", source: "Source", digest: "SHA-256", size: "Size", format: "Format", input: "Input", origin: "Lies in", since: "since {time}", on: "On", missingOn: "not on {names}" },
  origin: { shipped: "the product itself", folder: "the packs folder", bucket: "object storage" },
  figures: "Figures it carries", noFigures: "This pack carries no figures of its evaluation.", ofAll: "overall",
  figure: { heads: "heads", present_found: "there: found", present_missed: "there: taken for none", present_unknown: "there: cannot tell", absent_found: "none: seen as none", absent_as_present: "none: taken for one", absent_unknown: "none: cannot tell", milliseconds_a_picture: "ms a picture", conditions: "conditions", accuracy: "accuracy", present: "judged there", absent: "judged none", unknown: "cannot tell", measured_on: "measured on", recall: "recall" },
  part: { mask: "mask", headwear: "hat", all: "all", by_source: "by source", confusion: "confusion", present: "there", absent: "none" },
  reason: { none: "No pack brings it.", removed: "Its pack was removed.", chosenMissing: "{pack} was chosen and is not there.", failed: "It failed several times in a row and is tried again after a minute: {why}", digest: "{file} is not what the manifest names (SHA-256 {digest}…): incomplete or changed; put it there again.", noFile: "{file} is missing.", manifest: "The manifest is wrong: {what}" },
  swap: {
    title: "How a pack is exchanged", one: "Make a folder with manifest.json and the weights; shared/design/model-packs.md says what stands in it.", two: "Put it into the detector's BK_PACKS_DIR, or under packs/ of BK_PACKS_S3_BUCKET. Within about 2 s (S3: 15 s) it is verified, tried and in force, without a restart.", three: "The newest whole version of a capability is in force; to go back, take the newer folder away. What does not pass is not used, what was there goes on, and this page says why.", four: "Weights in torch's own formats hold code: put in only what you trust.",
  },
  empty: { title: "No detector answers", text: "Cameras are not analysed now, and what analysis finds raises no alert. Look at the detector in System.", status: "See System" },
  noPacks: "The detectors do not tell their packs: they are of an older version.",
};
