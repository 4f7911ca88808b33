/** One change made to many cameras, some at a time: what became of each, and again for those that failed. */

export type Became = "waiting" | "running" | "done" | "unchanged" | "failed";

export interface Step {
  id: string;
  name: string;
  became: Became;
  /** Why it failed, in the reader's words. */
  why: string;
}

/** = how many are changed at the same time: the gateway counts requests of an account */
export const AT_ONCE = 3;
/** = how often one is tried again by itself where the server asks to wait */
const WAITS_MAX = 4;

export const stepsFor = (cameras: readonly { id: string; name: string }[]): Step[] => cameras.map(({ id, name }) => ({ id, name, became: "waiting", why: "" }));

/** Those that are to be tried: all that wait, and with `again` those that failed. */
export const due = (steps: readonly Step[], again: boolean) => steps.filter((step) => step.became === "waiting" || (again && step.became === "failed"));

export interface Work {
  /** Makes the change; false: there was nothing to change. Throws what is refused. */
  change: (id: string) => Promise<boolean>;
  /** null: it is a fault of ours and is thrown on. */
  wordsOf: (error: unknown) => string | null;
  /** Seconds after which to try again; null: not by itself. */
  waitOf: (error: unknown) => number | null;
  pause: (ms: number) => Promise<void>;
}

/** `steps` are changed in place. */
export async function run(steps: Step[], again: boolean, work: Work): Promise<void> {
  const waiting = due(steps, again);
  for (const step of waiting) Object.assign(step, { became: "waiting", why: "" });
  const take = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) await one(step, work);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
}

async function one(step: Step, work: Work): Promise<void> {
  step.became = "running";
  for (let waits = 0; ; waits += 1) {
    try {
      step.became = (await work.change(step.id)) ? "done" : "unchanged";
      return;
    } catch (error) {
      const waitS = work.waitOf(error);
      if (waitS !== null && waits < WAITS_MAX) {
        await work.pause(waitS * 1000);
        continue;
      }
      const why = work.wordsOf(error);
      if (why === null) throw error;
      [step.became, step.why] = ["failed", why];
      return;
    }
  }
}

export function countOf(steps: readonly Step[]): Record<Became, number> {
  const counts: Record<Became, number> = { waiting: 0, running: 0, done: 0, unchanged: 0, failed: 0 };
  for (const step of steps) counts[step.became] += 1;
  return counts;
}
