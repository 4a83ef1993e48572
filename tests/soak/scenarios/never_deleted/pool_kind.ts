/** The pools that schedules are carried out on: each has something else that could be deleted. */
import { imageConfig } from "../../../scenarios/image_pool.ts";
import { poolConfig } from "../../../scenarios/virtual_pool.ts";

export type PoolKind = "plain" | "floating IPs" | "subnodes" | "images";

const MAX_SERVERS = 60;
const provider =
  "launch-timeout: 120s\n    boot-timeout: 60s\n    delete-timeout: 120s\n    api-timeout: 20s";

/** Their configurations, by how many nodes are to be ready. */
export const poolKinds: Readonly<Record<PoolKind, (minReady: number) => string>> = {
  "plain": (minReady) => poolConfig({ minReady, maxServers: MAX_SERVERS, provider }),
  "floating IPs": (minReady) =>
    poolConfig({
      minReady,
      maxServers: MAX_SERVERS,
      provider: `${provider}\n    pool: public\n    networks: [{name: private}]`,
    }),
  "subnodes": (minReady) => poolConfig({ minReady, maxServers: MAX_SERVERS, provider, label: "subnodes: 1" }),
  "images": (minReady) =>
    imageConfig({ built: [], prepared: ["noble"], minReady, maxServers: MAX_SERVERS, provider }),
};
