/** Looks at the files of this machine that servers need, as the daemon does before it launches. */
import type { Config } from "../domain/config.ts";
import { localFiles } from "../domain/local_files.ts";
import { PrivateKeys } from "../execute/credentials.ts";
import type { Clock } from "../lib/clock.ts";
import { readLoginKey } from "../lib/ssh_key/read_login_key.ts";
import { LocalFaults, type LocalFaultsDeps } from "../tasks/local_faults.ts";
import type { LocalLook } from "./look.ts";

export interface FileDeps extends Pick<LocalFaultsDeps, "stat"> {
  readonly clock: Clock;
  readonly readFile: (path: string) => Promise<string>;
}

export async function lookAtFiles(config: Config, deps: FileDeps): Promise<LocalLook> {
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
