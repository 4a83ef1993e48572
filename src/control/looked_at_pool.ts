/**
 * A state that can only be read: of a pool that nobody leads, or a file's while no daemon runs. A command that wants
 * a change gets the pool that makes it, which then answers everything.
 */
import { type Call, NEVER } from "../lib/call.ts";
import { type OperationName, operations } from "./operations.ts";
import type { PoolClient } from "./pool_client.ts";

/**
 * @param state is closed before the whole pool is looked for
 * @param options `onLook`: called once, before the state is looked at
 */
export function lookedAtPool(
  state: PoolClient,
  { findWhole, onLook }: { findWhole(call: Call): Promise<PoolClient>; onLook?: () => void },
): PoolClient {
  let open: PoolClient | null = state;
  let whole: PoolClient | null = null;
  let isLookedAt = false;
  const closeState = async () => {
    const closing = open;
    open = null;
    await closing?.[Symbol.asyncDispose]();
  };
  return {
    get hasDaemon() {
      return whole?.hasDaemon ?? false;
    },
    async ask(name, request, options = {}) {
      if (open !== null && looksOnly(name)) {
        if (!isLookedAt) onLook?.();
        isLookedAt = true;
        return await open.ask(name, request, options);
      }
      await closeState();
      whole ??= await findWhole({ signal: options.signal ?? NEVER });
      return await whole.ask(name, request, options);
    },
    async [Symbol.asyncDispose]() {
      await closeState();
      await whole?.[Symbol.asyncDispose]();
    },
  };
}

function looksOnly(name: OperationName): boolean {
  const { route, needs } = operations[name];
  return route.startsWith("GET ") && needs !== "daemon";
}
