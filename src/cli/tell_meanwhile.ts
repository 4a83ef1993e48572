/** Has a command say what it waits for while it waits: those that wait for nodes or images to come or to go. */
import type { RequestOf } from "../control/operations.ts";
import type { PoolClient } from "../control/pool_client.ts";
import type { Call } from "../lib/call.ts";
import { meanwhile } from "../lib/meanwhile.ts";
import type { CliIo } from "./cli_io.ts";
import type { WaitTeller } from "./tell_waits.ts";

interface Meanwhile {
  readonly teller: WaitTeller;
  readonly pool: PoolClient;
  /** The things that are waited for; left out: none of their kind. */
  readonly asked: Partial<RequestOf<"waits">>;
  /** The same in words. */
  readonly what: string;
  /** Whether nothing is written: the reasons are shown otherwise. */
  readonly isQuiet?: boolean;
  readonly signal: AbortSignal;
}

export async function tellMeanwhile<Answer>(
  io: CliIo,
  { teller, pool, asked, what, isQuiet = false, signal }: Meanwhile,
  wait: () => Promise<Answer>,
): Promise<Answer> {
  const whole = { requests: [], nodes: [], images: [], orders: [], ...asked };
  const tell = (call: Call) =>
    teller.tell({
      io,
      what,
      isQuiet,
      // A command that waits must not fail because a reason cannot be read.
      ask: (known) => pool.ask("waits", { ...whole, known }, call).catch(() => null),
      ...call,
    });
  return await meanwhile(tell, wait, { signal });
}
