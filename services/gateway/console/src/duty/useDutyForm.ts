/** What the forms of duty share: a draft, what is wrong with it once it was to be saved, and saving it. */

import { ElMessage } from "element-plus";
import "element-plus/theme-chalk/el-message.css";
import { computed, reactive, ref, type Reactive } from "vue";
import { i18n } from "@/i18n";
import { faultOf } from "@/manage/faultOf";
import { useWork } from "@/manage/useWork";

interface Form<Draft extends object> {
  /** Of its words. */
  of: "chain" | "rota";
  isNew: boolean;
  begin: () => Draft;
  wrongOf: (draft: Draft) => Record<string, string>;
  put: (draft: Draft) => Promise<unknown>;
  saved: () => void;
}

export function useDutyForm<Draft extends object>(form: Form<Draft>) {
  const { t } = i18n.global;
  const { isBusy, trouble, faults, attempt } = useWork();
  const draft = reactive(form.begin()) as Reactive<Draft> & Draft;
  const before = JSON.stringify(form.begin());
  const isTried = ref(false);
  const wrong = computed(() => form.wrongOf(draft));
  const isChanged = computed(() => form.isNew || JSON.stringify(draft) !== before);

  /** One field, or the first row of a list that is wrong. */
  function fault(name: string, ...also: string[]): string {
    const mine = wrong.value[name];
    return isTried.value && mine !== undefined ? t(`duty.${form.of}.${mine}`) : faultOf(faults.value, name, ...also);
  }

  async function save() {
    isTried.value = true;
    if (Object.keys(wrong.value).length > 0 || !(await attempt(() => form.put(draft)))) return;
    ElMessage.success(t(`duty.${form.of}.saved`));
    form.saved();
  }

  return { draft, wrong, isTried, isBusy, trouble, faults, isChanged, fault, save };
}
