/** An escalation chain as a form holds it, what is wrong with it, and what is sent. */

import type { Chain, ChainBody } from "./api";

export type Kind = Chain["kinds"][number];
export type Risk = Chain["risk_max"];

export interface StepDraft {
  afterMin: string;
  /** Accounts, and rotas behind `rota:`: one list, as people choose. */
  who: string[];
}

export interface ChainDraft {
  title: string;
  isEnabled: boolean;
  riskMax: Risk;
  sites: string[];
  /** All schools of these units and of all below them; neither these nor schools: all. */
  units: string[];
  kinds: Kind[];
  steps: StepDraft[];
}

export const ROTA = "rota:";
const LONGEST_MIN = 10_080;
/** A second step comes so long after the one before it. */
const NEXT_MIN = 10;

export function chainDraft(chain: Chain | null): ChainDraft {
  if (chain === null) return { title: "", isEnabled: true, riskMax: 1, sites: [], units: [], kinds: ["alert"], steps: [{ afterMin: "5", who: [] }] };
  return {
    title: chain.title, isEnabled: chain.is_enabled, riskMax: chain.risk_max, sites: [...chain.sites], units: [...chain.units], kinds: [...chain.kinds],
    steps: chain.steps.map((step) => ({ afterMin: String(step.after_min), who: [...(step.rotas ?? []).map((id) => ROTA + id), ...(step.people ?? [])] })),
  };
}

export function nextStep(draft: ChainDraft): StepDraft {
  const last = Number(draft.steps.at(-1)?.afterMin ?? "0");
  return { afterMin: String(Math.min(LONGEST_MIN, (Number.isFinite(last) ? last : 0) + NEXT_MIN)), who: [] };
}

type Wrong = "needTitle" | "needKinds" | "needSteps" | "badMinutes" | "needWho" | "order";

/** By the server's name of the field; for a step behind its number: `steps.0`. */
export function wrongChain(draft: ChainDraft): Record<string, Wrong> {
  const wrong: Record<string, Wrong> = {};
  if (draft.title.trim() === "") wrong["title"] = "needTitle";
  if (draft.kinds.length === 0) wrong["kinds"] = "needKinds";
  if (draft.steps.length === 0) wrong["steps"] = "needSteps";
  draft.steps.forEach((step, at) => {
    const before = draft.steps[at - 1];
    if (!/^\d+$/.test(step.afterMin.trim()) || Number(step.afterMin) > LONGEST_MIN) wrong[`steps.${at}`] = "badMinutes";
    else if (before !== undefined && Number(step.afterMin) < Number(before.afterMin)) wrong[`steps.${at}`] = "order";
    else if (step.who.length === 0) wrong[`steps.${at}`] = "needWho";
  });
  return wrong;
}

export function chainBody(draft: ChainDraft): ChainBody {
  return {
    title: draft.title.trim(), is_enabled: draft.isEnabled, risk_max: draft.riskMax, sites: [...draft.sites], units: [...draft.units], kinds: [...draft.kinds],
    steps: draft.steps.map((step) => ({
      after_min: Number(step.afterMin),
      people: step.who.filter((one) => !one.startsWith(ROTA)),
      rotas: step.who.filter((one) => one.startsWith(ROTA)).map((one) => one.slice(ROTA.length)),
    })),
  };
}
