/** The same work for many things, some at a time; what fails for one fails for that one alone. */

/** Returns what became of each, in their order. */
export async function inParallel<T, R>(things: readonly T[], atOnce: number, work: (thing: T) => Promise<R>): Promise<PromiseSettledResult<R>[]> {
  const results: PromiseSettledResult<R>[] = [];
  let taken = 0;
  async function worker(): Promise<void> {
    while (taken < things.length) {
      const index = taken++;
      const [result] = await Promise.allSettled([work(things[index] as T)]);
      results[index] = result;
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, things.length) }, worker));
  return results;
}
