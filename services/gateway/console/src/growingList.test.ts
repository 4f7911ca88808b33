import { expect, it } from "vitest";
import { growingList, type PageOf } from "./growingList";

/** A server with numbers from the highest down; each answer waits until it is let go. */
function server(newest: number) {
  const asked: { limit: number; cursor: string | undefined }[] = [];
  const waiting: (() => void)[] = [];
  const state = { newest, isSlow: false };
  async function page(limit: number, cursor: string | undefined): Promise<PageOf<number>> {
    asked.push({ limit, cursor });
    const first = cursor === undefined ? state.newest : Number(cursor) - 1;
    const items = Array.from({ length: Math.min(limit, first) }, (_, index) => first - index);
    if (state.isSlow) await new Promise<void>((go) => waiting.push(go));
    const last = items.at(-1) ?? 1;
    return { items, next_cursor: last > 1 ? String(last) : null };
  }
  return { asked, waiting, state, page };
}

it("reads anew as much as was loaded, and what is new with it", async () => {
  const { asked, state, page } = server(9);
  const list = growingList(page, 3);
  await list.anew();
  expect(list.items.value).toEqual([9, 8, 7]);
  await list.more();
  expect(list.items.value).toEqual([9, 8, 7, 6, 5, 4]);
  state.newest = 10;
  await list.again();
  expect(list.items.value).toEqual([10, 9, 8, 7, 6, 5]);
  expect(list.next.value).toBe("5");
  expect(asked.at(-1)).toEqual({ limit: 6, cursor: undefined });
  await list.anew();
  expect(list.items.value).toEqual([10, 9, 8]);
});

it("asks several times for more than the server gives at once", async () => {
  const { asked, page } = server(1200);
  const list = growingList(page, 600);
  await list.anew();
  expect(list.items.value?.length).toBe(600);
  expect(asked.map((one) => one.limit)).toEqual([500, 100]);
});

it("drops an answer that was overtaken, and its refusal", async () => {
  const { waiting, state, page } = server(9);
  let isRefused = false;
  const list = growingList(async (limit, cursor) => {
    const refuses = isRefused;
    const got = await page(limit, cursor);
    if (refuses) throw new Error("refused");
    return got;
  }, 3);
  state.isSlow = true;
  isRefused = true;
  const first = list.anew();
  isRefused = false;
  const second = list.anew();
  state.newest = 4;
  const third = list.anew();
  waiting[2]?.();
  expect(await third).toBe(true);
  waiting[0]?.();
  waiting[1]?.();
  expect(await Promise.all([first, second])).toEqual([false, false]);
  expect(list.items.value).toEqual([4, 3, 2]);
});

it("a page that was asked for while news came is there all the same", async () => {
  const { waiting, state, page } = server(9);
  const list = growingList(page, 3);
  await list.anew();
  state.isSlow = true;
  const more = list.more();
  const news = list.again();
  for (const go of waiting) go();
  await Promise.all([more, news]);
  expect(list.items.value).toEqual([9, 8, 7, 6, 5, 4]);
});
