/** Asks before something is taken away; resolves to whether the person means it. */

import { ElMessageBox } from "element-plus";
import "element-plus/theme-chalk/el-button.css";
import "element-plus/theme-chalk/el-input.css";
import "element-plus/theme-chalk/el-message-box.css";
import "element-plus/theme-chalk/el-overlay.css";
import { i18n } from "@/i18n";

export async function confirmRemoval(title: string, text: string, button?: string): Promise<boolean> {
  const { t } = i18n.global;
  try {
    await ElMessageBox.confirm(text, title, {
      confirmButtonText: button ?? t("cameras.remove"), cancelButtonText: t("cameras.cancel"), type: "warning", showClose: false,
    });
    return true;
  } catch {
    return false; // Element Plus rejects when the person thinks better of it
  }
}
