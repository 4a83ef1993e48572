/** The pool of a state in etcd with its real adapters, for commands where no daemon of their machine answers. */
import type { ConfigFiles, EtcdPoolOptions } from "./cli/wiring.ts";
import { loadEtcdConfig } from "./config/load_etcd_config.ts";
import { PoolInEtcd } from "./control/pool_in_etcd.ts";
import type { PoolClient } from "./control/pool_client.ts";
import type { Etcd } from "./etcd/etcd.ts";
import { openEtcd } from "./etcd/etcd_gateway.ts";
import { type PoolKeys, poolKeys } from "./lead/pool_keys.ts";
import type { Call } from "./lib/call.ts";
import { systemClock } from "./lib/clock.ts";
import { shellWord } from "./lib/shell_quote.ts";
import { madeAt } from "./store/etcd/made_at.ts";

/** @throws ConfigError */
export async function openEtcdPool(options: EtcdPoolOptions): Promise<PoolInEtcd> {
  const config = await loadEtcdConfig(options);
  const etcd = openEtcd(config);
  const keys = poolKeys(config.pool);
  return new PoolInEtcd({
    etcd,
    keys,
    pool: config.pool,
    clock: systemClock,
    start: startCommand(options),
    tell: (text) => options.tell(text),
    openState: (call) => openState(etcd, { files: options, keys, signal: call.signal }),
  });
}

/** With the files of the command that says so. */
function startCommand({ configFile, secureFile }: ConfigFiles): string {
  const secure = secureFile === null ? "" : ` -s ${shellWord(secureFile)}`;
  return `nodepool -c ${shellWord(configFile)}${secure} daemon`;
}

/** As it is at this moment. */
async function openState(
  etcd: Etcd,
  { files, keys, signal }: { files: ConfigFiles; keys: PoolKeys } & Call,
): Promise<PoolClient> {
  const revision = await madeAt(etcd, { keys, signal });
  const { openStateInEtcd } = await import("./offline_pool.ts");
  return await openStateInEtcd(etcd, { keys, revision, files });
}
