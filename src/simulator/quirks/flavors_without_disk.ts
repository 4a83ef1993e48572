import type { Quirk } from "../quirk.ts";
import { ApiRefusal } from "../api_refusal.ts";

export const flavorsWithoutDisk: Quirk = {
  name: "flavors-without-disk",
  about: "Each flavor has a twin without a disk, from which only servers with a volume boot (403).",
  settings: (settings) => ({
    ...settings,
    // The twins come first, as cheaper ones do where a list is sorted.
    flavors: settings.flavors.flatMap((flavor) => [
      { ...flavor, id: null, name: `${flavor.name}-diskless`, disk: 0 },
      flavor,
    ]),
  }),
  request({ service, operation, cloud, bodyObject }) {
    if (service !== "compute" || operation !== "server.create") return;
    const { flavorRef, block_device_mapping_v2: volumes } = (bodyObject["server"] ?? {}) as Record<
      string,
      unknown
    >;
    const id = String(flavorRef).split("/").at(-1);
    const flavor = cloud.stock.flavors.find((one) => one.id === id);
    if (flavor?.disk !== 0 || volumes !== undefined) return;
    throw new ApiRefusal(403, "Only volume-backed servers are allowed for flavors with zero disk.");
  },
};
