/** A pool whose answers are logged, for users who set NODEPOOL_LOG: what a command asked, and how long that took. */
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";
import type { PoolClient } from "../control/pool_client.ts";

const log = loggerOf("control");

/** @param options `now`: milliseconds by a clock that never goes back */
export function loggedPool(
  pool: PoolClient,
  { place, now }: { place: string; now: () => number },
): PoolClient {
  const ask: PoolClient["ask"] = async (name, request, options) => {
    const begun = now();
    const ms = () => Math.round(now() - begun);
    log.trace("asking {place} for {name}", { place, name });
    try {
      const answer = await pool.ask(name, request, options);
      log.debug("{place}: {name}: answered in {ms} ms", { place, name, ms: ms() });
      return answer;
    } catch (error) {
      log.debug("{place}: {name}: failed after {ms} ms: {error}", {
        place,
        name,
        ms: ms(),
        error: errorChain(error),
      });
      throw error;
    }
  };
  return {
    get hasDaemon() {
      return pool.hasDaemon;
    },
    ask,
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
