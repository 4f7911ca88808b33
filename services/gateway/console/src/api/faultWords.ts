/** What is wrong with one field, in the reader's language. The server sends English sentences, a code, and facts. */

import type { components } from "./schema";

export type FieldProblem = components["schemas"]["FieldProblem"];
export type SayFault = (fault: FieldProblem) => string;
type Words = Readonly<Record<string, string>>;

const FACT = /\{(\w+)\}/g;

/** The server's own words. */
export const asSaid: SayFault = (fault) => `${fault.problem} ${fault.change}`.trim();

/** Says faults in the language that the page has now; the words of another one than the server's come with the first. */
export async function faultReader(): Promise<SayFault> {
  if (document.documentElement.lang !== "zh-CN") return asSaid;
  try {
    const [{ faultsZh }, { refusalsZh }] = await Promise.all([import("@/i18n/faults.zh-CN"), import("@/i18n/refusals.zh-CN")]);
    return (fault) => inWords(fault, faultsZh, refusalsZh) ?? asSaid(fault);
  } catch {
    return asSaid; // the network went away meanwhile
  }
}

/** Null where there are no words for it, or a fact that they name is missing. */
function inWords(fault: FieldProblem, words: Words, refusals: Words): string | null {
  const facts: Record<string, string | number> = { ...fault.facts };
  // A row that was refused as a request of its own would be: the fact is that refusal's code.
  if (fault.code === "row_refused") facts["refusal"] = wordsFor(refusals, String(facts["refusal"])) ?? facts["detail"] ?? "";
  const text = wordsFor(words, fault.code);
  if (text === null || [...text.matchAll(FACT)].some(([, name]) => !Object.hasOwn(facts, name ?? ""))) return null;
  return text.replace(FACT, (_, name: string) => String(facts[name]));
}

const wordsFor = (words: Words, code: string): string | null => (Object.hasOwn(words, code) ? words[code] ?? null : null);
