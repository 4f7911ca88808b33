/** An order that is being written: about an alert that a person confirmed, or about a case. */

import { computed, reactive, ref } from "vue";
import { i18n } from "@/i18n";
import { loop, type Alert, type Case, type Deadline, type Order } from "./api";
import { momentWords } from "./deadlines";
import { filled, type TemplateLanguage, type Words } from "./templates";
import { said } from "./trouble";

interface Names {
  siteName: (id: string) => string;
  cameraName: (id: string) => string;
}

function wordsOf(language: "zh-CN" | "en"): Words {
  return {
    language,
    t: (key, named) => i18n.global.t(key, named ?? {}, { locale: language }),
    te: (key) => i18n.global.te(key, language),
    moment: (ms) => momentWords(ms, language),
  };
}

export function useNewOrder(asked: { alert: string; case: string }, names: Names) {
  const alert = ref<Alert | null>(null);
  const found = ref<Case | null>(null);
  const deadlines = ref<Deadline[]>([]);
  const trouble = ref("");
  const isBusy = ref(false);
  const isLoaded = ref(false);
  const form = reactive({
    kind: "opinion" as Order["kind"], language: (i18n.global.locale.value === "en" ? "en" : "zh-CN") as TemplateLanguage,
    title: "", text: "", dueAt: "",
  });
  /** Nobody's own words are overwritten by a template. */
  let written = { title: "", text: "" };

  const site = computed(() => found.value?.site ?? alert.value?.site ?? "");
  const risk = computed(() => found.value?.risk ?? alert.value?.risk ?? 2);
  const deadline = computed(() => deadlines.value.find((one) => one.risk === risk.value) ?? null);
  const verdict = computed(() => alert.value?.review?.verdict ?? null);
  const blocked = computed<"" | "noSubject" | "confirmFirst" | "notConfirmed" | "caseClosed">(() => {
    if (alert.value === null && found.value === null) return "noSubject";
    if (found.value !== null) return found.value.state === "closed" ? "caseClosed" : "";
    if (verdict.value === null) return "confirmFirst";
    return verdict.value === "confirmed" ? "" : "notConfirmed";
  });

  async function attempt(what: () => Promise<void>) {
    isBusy.value = true;
    try {
      await what();
      trouble.value = "";
    } catch (error) {
      trouble.value = said(error);
    } finally {
      isBusy.value = false;
    }
  }

  const load = () => attempt(async () => {
    deadlines.value = await loop.deadlines();
    if (asked.alert !== "") alert.value = await loop.alert(asked.alert);
    const id = asked.case || alert.value?.case || "";
    if (id !== "") {
      found.value = await loop.case(id);
      const first = found.value.alerts[0];
      if (alert.value === null && first !== undefined) alert.value = await loop.alert(first);
    }
    refill(true);
    isLoaded.value = true;
  });

  /** Args: isForced: also over what somebody wrote. */
  function refill(isForced: boolean) {
    const isUntouched = form.title === written.title && form.text === written.text;
    if (!isForced && !isUntouched) return;
    const languages = form.language === "both" ? (["zh-CN", "en"] as const) : ([form.language] as const);
    written = filled({
      kind: form.kind,
      rule: alert.value?.rule ?? "",
      title: found.value?.title ?? "",
      site: names.siteName(site.value),
      camera: alert.value === null ? "" : names.cameraName(alert.value.best?.camera ?? alert.value.camera),
      seenMs: alert.value === null ? null : Date.parse(alert.value.first_at),
    }, languages.map(wordsOf));
    Object.assign(form, { title: written.title.slice(0, 200), text: written.text });
    written = { title: form.title, text: form.text };
  }

  const confirm = () => attempt(async () => {
    if (alert.value !== null) alert.value = await loop.confirm(alert.value.id);
  });

  /** The case first, where there is none yet; a second try goes on with it. */
  async function serve(): Promise<Order | null> {
    let order: Order | null = null;
    await attempt(async () => {
      const about = alert.value;
      if (found.value === null && about !== null) {
        // Of an outage the alert names other schools' cameras too: those of this one come with it by themselves.
        found.value = await loop.openCase({
          site: about.site, source: "alert", title: form.title.trim(), text: "", risk: about.risk, cameras: [], alerts: [about.id],
        });
      }
      if (found.value === null) return;
      order = await loop.serve(found.value.id, {
        kind: form.kind, title: form.title.trim(), text: form.text.trim(),
        due_at: form.dueAt === "" ? null : new Date(form.dueAt).toISOString(),
      });
    });
    return order;
  }

  return { alert, found, site, risk, deadline, blocked, form, trouble, isBusy, isLoaded, load, refill, confirm, serve };
}
