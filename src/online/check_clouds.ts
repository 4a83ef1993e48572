/**
 * Finds what would stop a launch of this configuration, by looking at its clouds: `config-validate --online`. All
 * providers are looked at side by side, so that one that is slow or dead holds up no other.
 */
import type { WholeCloud } from "../cloud/cloud.ts";
import type { Config, ProviderConfig } from "../domain/config.ts";
import type { OnlineCheck } from "../domain/online_check.ts";
import { type FileDeps, lookAtFiles } from "./look_at_files.ts";
import { judge } from "./judge.ts";
import { type LookDeps, takeLook } from "./take_look.ts";

interface CheckDeps extends Omit<LookDeps, "cloud" | "local">, FileDeps {
  readonly openCloud: (provider: ProviderConfig) => WholeCloud;
}

export async function checkClouds(
  config: Config,
  { openCloud, ...deps }: CheckDeps,
): Promise<readonly OnlineCheck[]> {
  const { labels, providers } = config;
  const local = await lookAtFiles(config, deps);
  const enabled = labels.filter(({ minReady }) => minReady >= 0);
  const found = await Promise.all(providers.map(async (provider) => {
    await using cloud = openCloud(provider);
    const own = enabled.filter((label) => label.providers.includes(provider.name));
    return judge(await takeLook({ provider, labels: own }, { ...deps, local, cloud }));
  }));
  return found.flat();
}
