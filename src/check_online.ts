/** `config-validate --online` with its real adapters: clouds over the network, files on this machine's disk. */
import type { OnlineOptions } from "./cli/wiring.ts";
import type { OnlineCheck } from "./domain/online_check.ts";
import { systemClock } from "./lib/clock.ts";
import { checkClouds } from "./online/check_clouds.ts";
import { openCloud } from "./open_cloud.ts";

export async function checkOnline({ config, signal }: OnlineOptions): Promise<readonly OnlineCheck[]> {
  return await checkClouds(config, {
    clock: systemClock,
    openCloud: (provider) => openCloud(provider),
    readFile: (path) => Deno.readTextFile(path),
    stat: (path) => Deno.stat(path).catch(() => null),
    signal,
  });
}
