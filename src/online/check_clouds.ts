/**
 * Finds what would stop a launch of this configuration, by looking at its clouds: `config-validate --online`. All
 * providers are looked at side by side, so that one that is slow or dead holds up no other.
 */
import type { WholeCloud } from "../cloud/cloud.ts";
import type { Config, ProviderConfig } from "../domain/config.ts";
import { localFiles } from "../domain/local_files.ts";
import type { OnlineCheck } from "../domain/online_check.ts";
import { PrivateKeys } from "../execute/credentials.ts";
import { readLoginKey } from "../lib/ssh_key/read_login_key.ts";
import { LocalFaults, type LocalFaultsDeps } from "../tasks/local_faults.ts";
import type { LocalLook } from "./look.ts";
import { judge } from "./judge.ts";
import { type LookDeps, takeLook } from "./take_look.ts";

interface CheckDeps extends Omit<LookDeps, "cloud" | "local">, Pick<LocalFaultsDeps, "stat"> {
  readonly openCloud: (provider: ProviderConfig) => WholeCloud;
  readonly readFile: (path: string) => Promise<string>;
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

/** Looks at the files of this machine that servers need, as the daemon does before it launches. */
async function lookAtFiles(config: Config, deps: Omit<CheckDeps, "openCloud">): Promise<LocalLook> {
  const keys = new PrivateKeys(deps);
  const faults = new LocalFaults({ ...deps, readKey: (path) => keys.read(path) });
  await faults.look(config);
  const usable = localFiles(config).keys.filter((path) => !faults.found.has(path));
  const publicKeys = await Promise.all(usable.map(async (path) => {
    const read = readLoginKey(await keys.read(path), path);
    return "publicKey" in read ? [[path, read.publicKey] as const] : [];
  }));
  return {
    scriptDir: config.scriptDir,
    faults: faults.found,
    publicKeys: new Map(publicKeys.flat()),
  };
}
