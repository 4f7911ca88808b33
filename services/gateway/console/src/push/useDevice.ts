/** The switch "notify this device": its state, and what it says when it is pressed. */

import { onMounted, ref } from "vue";
import { Offline, Problem } from "@/api/client";
import { i18n } from "@/i18n";
import { user } from "@/session";
import { browserNow, NoPushService, push, restore, turnOff, turnOn } from "./device";
import { stateOf, type Device, type DeviceState, type Offer } from "./state";

export function useDevice(changed: () => void) {
  const { t } = i18n.global;
  const state = ref<DeviceState | null>(null);
  const device = ref<Device | null>(null);
  const isBusy = ref(false);
  const trouble = ref("");
  const told = ref("");
  let offer: Offer | null = null;

  async function work(what: () => Promise<void>): Promise<void> {
    isBusy.value = true;
    [trouble.value, told.value] = ["", ""];
    try {
      await what();
    } catch (error) {
      if (error instanceof Offline) trouble.value = t("signIn.offline");
      else if (error instanceof NoPushService) trouble.value = t("push.noService");
      else if (error instanceof Problem) trouble.value = error.message || t("problem.unknown");
      else throw error;
    } finally {
      isBusy.value = false;
    }
  }

  async function look(): Promise<void> {
    offer = await push.offer();
    const [browser, devices] = [await browserNow(), await push.devices()];
    device.value = devices.find((one) => one.id === browser.id) ?? null;
    state.value = stateOf(browser, offer, devices);
  }

  /** What comes of a test is seen on the screen of this device, and here where it did not work. */
  async function tried(): Promise<void> {
    if (device.value === null) return;
    const answer = await push.test(device.value.id).catch((error: unknown) => {
      if (error instanceof Problem && error.status === 404) return null; // gone since we looked
      throw error;
    });
    await look();
    if (answer === null) {
      trouble.value = t("push.over");
      return;
    }
    const { is_ok, said } = answer;
    told.value = is_ok ? t("push.tested") : "";
    trouble.value = is_ok ? "" : t("push.testFailed", { said });
    if (!is_ok && state.value === "on") state.value = "failing";
  }

  const turn = () => work(async () => {
    if (state.value === "on" || state.value === "failing") await turnOff();
    else if (offer !== null && !(await turnOn(user.value?.name ?? "", offer))) trouble.value = t("push.refused");
    const words = trouble.value;
    await look();
    trouble.value = words;
    changed();
    if (state.value === "on") await tried();
    if (device.value === null) changed(); // its push service called it over
  });
  const test = () => work(async () => {
    await tried();
    changed();
  });
  const see = () => work(look);

  onMounted(() => work(async () => {
    // A browser that lost its subscription makes another; where that fails the switch says so.
    await restore(user.value?.name ?? "").catch((error: unknown) => {
      if (!(error instanceof NoPushService || error instanceof Problem || error instanceof Offline)) throw error;
    });
    await look();
  }));
  return { state, device, isBusy, trouble, told, turn, test, see };
}
