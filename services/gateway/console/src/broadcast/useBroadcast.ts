/** The broadcast of a page: warmed up as soon as it is known to whom and what, ended with the page and the login. */

import { computed, onBeforeUnmount, onMounted, ref, shallowRef, watch, type Ref } from "vue";
import { Offline, Problem } from "@/api/client";
import { beforeLogOut } from "@/session";
import { loudness } from "@/talk/level";
import { Microphone, NoMicrophone } from "@/talk/microphone";
import { broadcasts, type Broadcast, type Priority } from "./api";
import { BroadcastCall, type Wanted } from "./broadcastCall";

const METER_MS = 50;
/** = how long somebody may go on ticking boxes before cameras are connected */
const SETTLED_MS = 700;

export type Source = "microphone" | "announcement" | "text";
export interface Draft {
  chosen: ReadonlySet<string>;
  source: Source;
  priority: Priority;
  reason: string;
  announcement: string;
  text: string;
  language: "zh-CN" | "en";
}

/** Args: draft: what is wanted now; trouble: told what went wrong, or null. */
export function useBroadcast(draft: Ref<Draft>, trouble: (error: unknown) => void) {
  const status = shallowRef<Broadcast | null>(null);
  const isPressed = ref(false);
  const level = ref(0);
  let microphone: Microphone | null = null;
  let call: BroadcastCall | null = null;
  let attempt = 0;
  let settling = 0;
  let timer = 0;

  const isOver = computed(() => status.value?.state === "ended");
  /** It was heard, or is: who and what cannot be changed any more. */
  const isBegun = computed(() => isPressed.value || Boolean(status.value?.began_at));
  const isComplete = computed(() => {
    const { chosen, source, announcement, text } = draft.value;
    if (chosen.size === 0) return false;
    return source === "microphone" || (source === "announcement" ? announcement !== "" : text.trim() !== "");
  });

  async function warm(): Promise<void> {
    const mine = ++attempt;
    await drop();
    if (mine !== attempt || !isComplete.value) return;
    trouble(null);
    const { chosen, source, priority, reason, announcement, text, language } = draft.value;
    const wanted: Wanted = { cameras: [...chosen], priority, reason: reason.trim() };
    if (source === "announcement") wanted.announcement = announcement;
    else if (source === "text") wanted.text = { text: text.trim(), language };
    else if (!(await hasMicrophone(mine)) || microphone === null) return;
    else wanted.microphone = microphone;
    call = new BroadcastCall(wanted, (told) => mine === attempt && hear(told), (error) => mine === attempt && fail(error));
    await call.open();
  }

  async function hasMicrophone(mine: number): Promise<boolean> {
    if (microphone !== null) return true;
    try {
      const opened = await Microphone.open(() => fail(new NoMicrophone({ code: "microphone_gone", detail: "" })));
      if (mine === attempt) microphone = opened;
      else opened.close();
      return mine === attempt;
    } catch (error) {
      if (!(error instanceof NoMicrophone)) throw error;
      if (mine === attempt) trouble(error);
      return false;
    }
  }

  function hear(told: Broadcast) {
    status.value = told;
    if (told.state === "ended") isPressed.value = false;
  }

  function fail(error: unknown) {
    isPressed.value = false;
    trouble(error);
  }

  function press(isHeld: boolean) {
    if (isHeld && (call === null || isOver.value)) return;
    isPressed.value = isHeld;
    call?.speak(isHeld);
  }

  /** Ends what there is; its receipts stay until something new is connected. */
  async function end(): Promise<void> {
    attempt++;
    const before = status.value;
    await drop(false);
    if (before === null) return;
    const mine = attempt;
    status.value = { ...before, state: "ended" };
    try {
      const told = await broadcasts.one(before.id); // what became of those that were still playing
      if (mine === attempt) status.value = { ...told, state: "ended" };
    } catch (error) {
      if (!(error instanceof Problem) && !(error instanceof Offline)) throw error;
    }
  }

  async function drop(isForgotten = true): Promise<void> {
    await take(isForgotten)?.close();
  }

  function take(isForgotten = true): BroadcastCall | null {
    window.clearTimeout(settling);
    isPressed.value = false;
    const before = call;
    call = null;
    if (isForgotten) status.value = null;
    return before;
  }

  /** What there was, to be ended. */
  function leave(): BroadcastCall | null {
    attempt++;
    microphone?.close();
    microphone = null;
    return take();
  }

  /** Begin anew with what is chosen now. */
  const again = () => warm();

  watch(draft, () => {
    if (isBegun.value) return;
    window.clearTimeout(settling);
    settling = window.setTimeout(() => void warm(), SETTLED_MS);
  }, { deep: true });

  const close = async () => await leave()?.close();
  const takeBack = beforeLogOut(close);
  const onPageHide = () => leave()?.leave();
  onMounted(() => {
    window.addEventListener("pagehide", onPageHide);
    timer = window.setInterval(() => {
      level.value = microphone === null ? 0 : Math.max(loudness(microphone.peak()), level.value * 0.85);
    }, METER_MS);
  });
  onBeforeUnmount(() => {
    window.clearInterval(timer);
    window.removeEventListener("pagehide", onPageHide);
    takeBack();
    void close();
  });

  return { status, isPressed, isOver, isBegun, isComplete, level, press, end, again };
}
