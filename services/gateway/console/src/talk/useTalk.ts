/** The talk of a component: microphone, call, hold button and level, ended with the component, the page and the login. */

import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from "vue";
import { beforeLogOut } from "@/session";
import { HoldToTalk } from "./hold";
import { loudness, SilenceWatch } from "./level";
import { Microphone, NoMicrophone } from "./microphone";
import { TalkCall } from "./talkCall";
import { BEGIN, next, shown, type Failure, type Priority, type TalkFacts } from "./talkState";
import { hasWordsFor } from "./words";

const METER_MS = 50;
/** = how long one speaks into a dead microphone before being told */
const SILENT_MS = 2000;
/** Of all windows of this browser the one that talks. */
const LOCK = "bk-talk";

export function useTalk(camera: string) {
  const facts = shallowRef<TalkFacts>(BEGIN);
  const priority = ref<Priority>("routine");
  const level = ref(0);
  const isSilent = ref(false);
  const silence = new SilenceWatch(SILENT_MS);
  const hold = new HoldToTalk((isHeld) => heldIs(isHeld));
  let microphone: Microphone | null = null;
  let talk: TalkCall | null = null;
  /** Counts beginnings and ends: what comes late belongs to an earlier one. */
  let attempt = 0;
  let timer = 0;
  let letOthers: () => void = () => undefined;

  function fail(failure: Failure) {
    hold.letGo();
    if (talk !== null) talk.fail(failure);
    else facts.value = next(facts.value, { kind: "failed", failure });
  }

  function heldIs(isHeld: boolean) {
    if (talk !== null) talk.hold(isHeld);
    else facts.value = next(facts.value, { kind: "held", isHeld });
  }

  function hear(told: TalkFacts) {
    facts.value = told;
    if (told.failure !== null) {
      hold.letGo();
      releaseMicrophone();
    }
  }

  /** Ends what there is and begins anew, with the same microphone where it still is open. */
  async function begin() {
    const mine = ++attempt;
    hold.letGo();
    const before = talk;
    talk = null;
    facts.value = { ...BEGIN, hasMicrophone: microphone !== null };
    claim();
    await before?.close();
    if (mine === attempt && (await hasMicrophone(mine)) && microphone !== null) {
      talk = new TalkCall({ camera, priority: priority.value, microphone, isWorded: hasWordsFor, onFacts: hear });
      talk.hold(facts.value.isHeld);
      await talk.open();
    }
  }

  /** false: there is none, or it is not wanted any more. */
  async function hasMicrophone(mine: number): Promise<boolean> {
    if (microphone !== null) return true;
    try {
      const opened = await Microphone.open(() => fail({ code: "microphone_gone", detail: "" }));
      if (mine === attempt) microphone = opened;
      else opened.close();
      return mine === attempt;
    } catch (error) {
      if (!(error instanceof NoMicrophone)) throw error;
      if (mine === attempt) fail(error.failure);
      return false;
    }
  }

  async function choose(chosen: Priority) {
    if (priority.value === chosen) return;
    priority.value = chosen;
    await begin();
  }

  /** What there was. It hears of one thing only, its end: a release before it would be one request more to lose. */
  function take(): TalkCall | null {
    attempt++;
    const before = talk;
    talk = null;
    hold.letGo();
    letOthers();
    releaseMicrophone();
    return before;
  }

  async function close() {
    await take()?.close();
  }

  function releaseMicrophone() {
    microphone?.close();
    microphone = null;
    level.value = 0;
    isSilent.value = false;
  }

  /** Whoever opens a talk last has it: a lock that is stolen ends the talk of the window that held it. */
  function claim() {
    letOthers();
    if (!("locks" in navigator)) return; // no secure context: there is no microphone either
    const held = new Promise<void>((done) => (letOthers = done));
    const mine = attempt;
    navigator.locks.request(LOCK, { steal: true }, () => held).catch(() => {
      if (mine === attempt) fail({ code: "other_window", detail: "" });
    });
  }

  function meter() {
    if (microphone === null) return;
    const peak = microphone.peak();
    level.value = Math.max(loudness(peak), level.value * 0.85);
    if (facts.value.isHeld) isSilent.value = silence.look(performance.now(), peak);
    else {
      silence.reset();
      isSilent.value = false;
    }
  }

  const onPageHide = () => take()?.leave();
  const takeBack = beforeLogOut(close);
  onMounted(() => {
    window.addEventListener("pagehide", onPageHide);
    timer = window.setInterval(meter, METER_MS);
    void begin();
  });
  onBeforeUnmount(() => {
    window.clearInterval(timer);
    window.removeEventListener("pagehide", onPageHide);
    takeBack();
    hold.close();
    void close();
  });

  return { shown: computed(() => shown(facts.value)), facts, priority, level, isSilent, hold, choose, retry: begin };
}
