/** `config-validate --online` with its real adapters: clouds and etcd over the network, files on this machine's disk. */
import type { Wiring } from "./cli/wiring.ts";
import type { EtcdConfig } from "./domain/etcd_config.ts";
import type { OnlineCheck } from "./domain/online_check.ts";
import { systemClock } from "./lib/clock.ts";
import { checkClouds } from "./online/check_clouds.ts";
import { checkEtcd } from "./online/check_etcd.ts";
import { openCloud } from "./open_cloud.ts";

export const checkOnline: Wiring["checkOnline"] = async ({ config, signal }) => {
  const ofEtcd = config.etcd === null ? [] : await lookAtEtcd(config.etcd, signal);
  const ofClouds = await checkClouds(config, {
    clock: systemClock,
    openCloud: (provider) => openCloud(provider),
    readFile: (path) => Deno.readTextFile(path),
    stat: (path) => Deno.stat(path).catch(() => null),
    signal,
  });
  return [...ofEtcd, ...ofClouds];
};

async function lookAtEtcd(config: EtcdConfig, signal: AbortSignal): Promise<readonly OnlineCheck[]> {
  const { openEtcd } = await import("./etcd/etcd_gateway.ts");
  await using etcd = openEtcd(config);
  return await checkEtcd(config, { etcd, clock: systemClock, signal });
}
