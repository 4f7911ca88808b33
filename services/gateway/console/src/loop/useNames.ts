/** Names of schools and cameras, for ids. */

import { onMounted, ref } from "vue";
import { api, Offline, Problem, type Camera, type Schemas } from "@/api/client";

export function useNames() {
  const sites = ref<Schemas["SiteAnswer"][]>([]);
  const cameras = ref<Camera[]>([]);
  onMounted(async () => {
    try {
      [sites.value, cameras.value] = await Promise.all([api.sites(), api.cameras()]);
    } catch (error) {
      // An id is shown where its name is not known; the page says by itself what is wrong.
      if (!(error instanceof Offline) && !(error instanceof Problem)) throw error;
    }
  });
  return {
    sites,
    cameras,
    siteName: (id: string) => sites.value.find((site) => site.id === id)?.name ?? id,
    cameraName: (id: string) => cameras.value.find((camera) => camera.id === id)?.name ?? id,
  };
}
