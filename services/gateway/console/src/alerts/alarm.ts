/** Sound and a notice of the desktop for a new alert of class 1: only after the person switched it on, on this device. */

import { ref } from "vue";
import type { Alert } from "./inbox";

const KEY = "bk-alarm";
/** What is older than that is no news, however late it was heard. */
const NEWS_MS = 10 * 60_000;

export const isOn = ref(false);
/** On, and the browser makes no sound before somebody touches the page. */
export const isHeldBack = ref(false);
let sound: AudioContext | null = null;

/** Whether somebody is to be called. Pure. */
export function calls(alert: Pick<Alert, "risk" | "is_silent" | "review" | "raised_at">, nowMs: number): boolean {
  return alert.risk === 1 && !alert.is_silent && alert.review == null && nowMs - Date.parse(alert.raised_at) < NEWS_MS;
}

/** As it was left the last time. */
export function restore(): void {
  isOn.value = localStorage.getItem(KEY) === "on";
  if (!isOn.value) return;
  ready();
  window.addEventListener("pointerdown", ready, { once: true });
  window.addEventListener("keydown", ready, { once: true });
}

/** By the person's own hand: the browser allows sound, and asks whether it may show notices. */
export async function toggle(): Promise<void> {
  isOn.value = !isOn.value;
  localStorage.setItem(KEY, isOn.value ? "on" : "off");
  if (!isOn.value) return;
  ready();
  beep();
  if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
}

export function call(id: string, title: string, body: string, open: () => void): void {
  if (!isOn.value) return;
  beep();
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
  // The same alert in two windows is one notice.
  const notice = new Notification(title, { body, tag: id });
  notice.onclick = () => {
    window.focus();
    open();
    notice.close();
  };
}

function ready(): void {
  sound ??= new AudioContext();
  const look = () => (isHeldBack.value = isOn.value && sound?.state !== "running");
  sound.onstatechange = look;
  look();
  void sound.resume();
}

/** Two tones, twice: heard beside a fan, and no siren. */
function beep(): void {
  if (sound === null || sound.state === "closed") return;
  const volume = sound.createGain();
  volume.gain.value = 0.18;
  volume.connect(sound.destination);
  [880, 660, 880, 660].forEach((hz, place) => {
    if (sound === null) return;
    const tone = sound.createOscillator();
    tone.frequency.value = hz;
    tone.connect(volume);
    tone.start(sound.currentTime + place * 0.18);
    tone.stop(sound.currentTime + place * 0.18 + 0.15);
  });
}
