/** Copies, checks and exports of a state, in a file or in etcd, with the real clock. `mod.ts` gives them to commands. */
import { UsageError } from "./cli/cli_error.ts";
import type { ConfigFiles, StateFiles } from "./cli/wiring.ts";
import { isEtcdState, readEtcdAddress } from "./domain/etcd_address.ts";
import type { EtcdConfig } from "./domain/etcd_config.ts";
import { poolKeys } from "./lead/pool_keys.ts";
import { systemClock } from "./lib/clock.ts";
import { fileReason } from "./lib/file_reason.ts";
import { systemRandom } from "./lib/random.ts";
import { backupState } from "./store/backup_state.ts";
import { checkState } from "./store/check_state.ts";
import { copyContents } from "./store/copy_contents.ts";
import { exportState, importState } from "./store/export_state.ts";
import { restoreState } from "./store/restore_state.ts";
import { unusableState } from "./store/state_errors.ts";
import type { StatePlace } from "./store/state_place.ts";

const deps = { clock: systemClock, random: systemRandom };

/** @param files they say how etcd is reached; read for a state that is there */
export function stateFiles(files: ConfigFiles): StateFiles {
  const at = async <Result>(state: string, work: (place: StatePlace) => Promise<Result>) => {
    await using opened = new AsyncDisposableStack();
    return await work(await placeOf(state, { files, opened }));
  };
  const { clock } = deps;
  return {
    backup: (state, target) => at(state, (place) => backupState(place, { target, now: clock.now() })),
    restore: (state, backup) => at(state, (place) => restoreState(place, { backup, clock })),
    check: (state) => at(state, (place) => checkState(place, deps)),
    export: (state, write) => at(state, (place) => exportState(place, { write, clock })),
    import: async (state, file) => {
      const text = await Deno.readTextFile(file).catch((error) => {
        throw new UsageError(`cannot import ${file}: ${fileReason(error)}`);
      });
      await at(state, (place) => importState(place, { lines: text.split("\n"), from: file, clock }));
    },
    copy: (from, to) =>
      at(from, (source) => at(to, (target) => copyContents({ from: source, to: target }, deps))),
  };
}

async function placeOf(
  state: string,
  { files, opened }: { files: ConfigFiles; opened: AsyncDisposableStack },
): Promise<StatePlace> {
  if (!isEtcdState(state)) return state;
  const [config, { openEtcd }] = await Promise.all([
    etcdOf(state, files),
    import("./etcd/etcd_gateway.ts"),
  ]);
  const { pool } = config;
  const { signal } = new AbortController();
  const etcd = opened.use(openEtcd(config));
  return { ...deps, address: state, pool, keys: poolKeys(pool), etcd, signal };
}

/** User, password and certificates are the configuration's, also where that names another state. */
async function etcdOf(state: string, { configFile, secureFile }: ConfigFiles): Promise<EtcdConfig> {
  const address = readEtcdAddress(state);
  if ("problem" in address) throw unusableState(state, address.problem);
  const { loadEtcdConfig } = await import("./config/load_etcd_config.ts");
  return await loadEtcdConfig({ configFile, secureFile, state });
}
