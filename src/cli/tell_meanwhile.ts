/** Has a command say what it waits for while it waits: those that wait for nodes or images to come or to go. */
import type { RequestOf } from "../control/operations.ts";
import type { PoolClient } from "../control/pool_client.ts";
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
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const whole = { requests: [], nodes: [], images: [], orders: [], ...asked };
  const telling = teller.tell({
    io,
    what,
    isQuiet,
    // Whoever waits is not to fail for want of a reason.
    ask: (known) => pool.ask("waits", { ...whole, known }, { signal: until }).catch(() => null),
    signal: until,
  });
  try {
    return await wait();
  } finally {
    over.abort(new Error("over"));
    await telling;
  }
}
