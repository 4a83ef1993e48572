/** `config-validate --online` with its real adapters: clouds over the network, keys on this machine's disk. */
import type { OnlineOptions } from "./cli/wiring.ts";
import type { OnlineCheck } from "./domain/online_check.ts";
import { systemClock } from "./lib/clock.ts";
import { checkClouds } from "./online/check_clouds.ts";
import { readKey } from "./online/read_key.ts";
import { openCloud } from "./open_cloud.ts";

export async function checkOnline({ config, signal }: OnlineOptions): Promise<readonly OnlineCheck[]> {
  return await checkClouds(config, {
    clock: systemClock,
    openCloud: (provider) => openCloud(provider),
    readKey: (path) => readKey(path, { readFile: (file) => Deno.readTextFile(file) }),
    signal,
  });
}
