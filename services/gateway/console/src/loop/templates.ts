/** The text that an order begins with, in one language or both. Pure: words are asked for. */

import type { Order } from "./api";

export type TemplateLanguage = "zh-CN" | "en" | "both";

export interface Subject {
  kind: Order["kind"];
  /** Name of the rule; "" where a person saw it. */
  rule: string;
  /** What was found, where no rule says it. */
  title: string;
  site: string;
  camera: string;
  seenMs: number | null;
}

/** The words of one language: `t` of it, and whether it has a key. */
export interface Words {
  language: "zh-CN" | "en";
  t: (key: string, named?: Record<string, unknown>) => string;
  te: (key: string) => boolean;
  moment: (ms: number) => string;
}

export interface Filled {
  title: string;
  text: string;
}

export function filled(subject: Subject, words: readonly Words[]): Filled {
  const each = words.map((one) => inOne(subject, one));
  return { title: each.map((one) => one.title).join(" / "), text: each.map((one) => one.text).join("\n\n") };
}

function inOne(subject: Subject, { t, te, moment }: Words): Filled {
  const known = te(`loop.rule.${subject.rule}`) ? t(`loop.rule.${subject.rule}`) : "";
  const what = known || subject.title || subject.rule;
  const demand = te(`loop.templates.demand.${subject.rule}`) ? subject.rule : "other";
  const first = subject.seenMs !== null && subject.camera !== ""
    ? t("loop.templates.seen", { time: moment(subject.seenMs), camera: subject.camera, site: subject.site, what })
    : t("loop.templates.plain", { site: subject.site, what });
  return {
    title: what === "" ? t("loop.templates.titlePlain") : t("loop.templates.title", { what }),
    text: `${first}\n${t(`loop.templates.${subject.kind}`)}\n1. ${t(`loop.templates.demand.${demand}`)}`,
  };
}
