/** Deletes what carries our marks on a cloud and belongs to no node. Run by the cron `cleanup`. */
import type { Config } from "../domain/config.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import type { Leak } from "../plan/action.ts";
import { planLeaks } from "../plan/plan_leaks.ts";
import type { Ledger } from "../store/ledger.ts";
import { loadEnded, markedIds } from "./load_ended.ts";
import type { ProviderWatch } from "./provider_watch.ts";

/** Deletions of one pass and provider: should a conclusion be wrong, it must not be wrong about everything at once. */
const MOST = 50;

export interface CleanLeaksMeans {
  readonly ledger: Ledger;
  readonly config: () => Config;
  readonly watches: () => Iterable<ProviderWatch>;
  readonly clock: Clock;
  readonly onCleaned: (leak: Leak) => void;
  readonly onFailed: (leak: Leak, message: string) => void;
}

export async function cleanLeaks(means: CleanLeaksMeans, { signal }: { signal: AbortSignal }): Promise<void> {
  await Promise.all([...means.watches()].map((watch) => cleanProvider(watch, means, signal)));
}

async function cleanProvider(
  watch: ProviderWatch,
  means: CleanLeaksMeans,
  signal: AbortSignal,
): Promise<void> {
  // What was last seen of a provider that does not answer is no ground to delete anything.
  if (watch.observation.failure !== null) return;
  const installation = means.ledger.installation.id;
  const ended = await loadEnded(means.ledger, markedIds(watch.observation, installation));
  const leaks = planLeaks({
    provider: watch.provider,
    seen: watch.observation,
    installation,
    nodes: means.ledger.nodes,
    ended,
    most: MOST,
  });
  for (const leak of leaks) {
    signal.throwIfAborted();
    try {
      if (await isDeletedNow(leak, watch, signal)) means.onCleaned(leak);
    } catch (error) {
      signal.throwIfAborted();
      means.onFailed(leak, errorChain(error));
    }
  }
}

/** False where the listing was only older than the server's end. */
async function isDeletedNow(leak: Leak, { cloud }: ProviderWatch, signal: AbortSignal): Promise<boolean> {
  if (leak.type === "server") return await cloud.deleteServer(leak.id, { signal }) === "accepted";
  await cloud.deleteFloatingIp(leak.id, { signal });
  return true;
}
