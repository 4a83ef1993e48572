/** A pool of this process as a PoolClient: the daemon's behind its socket, and the state's where no daemon runs. */
import { NEVER } from "../lib/call.ts";
import type { Operation } from "./operation.ts";
import { checkedRequest } from "./what_is_wrong.ts";
import { ControlError } from "./control_error.ts";
import type { DaemonPool, StatePool } from "./operated_pool.ts";
import { type OperationName, operations } from "./operations.ts";
import type { LocalPool } from "./pool_client.ts";

/** Where no daemon runs, whatever else does. */
export interface LocalRefusal {
  /** Operations refused besides those that need a daemon. */
  readonly also: readonly OperationName[];
  /** And what to do, for people. */
  readonly why: string;
}

/** Disposing of it disposes of the pool. @param refusal null: nothing is refused but what the pool cannot do */
export function localPool(pool: StatePool & AsyncDisposable, refusal: LocalRefusal | null = null): LocalPool {
  const { why, also } = refusal ?? NO_DAEMON;
  const hasParts = refusal === null && pool.daemon !== null;
  const run = async (name: OperationName, request: unknown, { signal }: { signal?: AbortSignal }) => {
    const { needs, request: schema, run }: Operation = operations[name];
    if (also.includes(name) || (needs === "daemon" && !hasParts)) {
      throw new ControlError(refusal === null ? 503 : 423, why);
    }
    const checked = checkedRequest(schema, request);
    if (needs !== "state") await pool.readConfig?.();
    return await run(pool as DaemonPool, checked, { signal: signal ?? NEVER.signal });
  };
  return {
    get hasDaemon() {
      return pool.report().daemon !== null;
    },
    report: () => pool.report(),
    ask: (name, request, options = {}) => run(name, request, options) as never,
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

const NO_DAEMON: LocalRefusal = { also: [], why: "no daemon is running: start it with `nodepool daemon`" };
