/**
 * How a demonstration is run: in a folder of its own, with the program that the command line names. It exits 1 at the first
 * thing that is not as it says, with the ends of the daemons' logs. Whatever ends it, a closed terminal too, ends its
 * processes and removes its folder.
 */

interface Stage {
  readonly nodepool: string;
  readonly folder: string;
  readonly signal: AbortSignal;
}

interface Demonstration {
  /** Milliseconds. */
  readonly limit: number;
  /** Ends all that it starts, whatever happens. */
  show(stage: Stage): Promise<void>;
}

/** Ends this process. */
export async function present({ limit, show }: Demonstration): Promise<never> {
  const [nodepool] = Deno.args;
  if (nodepool === undefined) throw new Error("usage: main.ts NODEPOOL");
  const began = performance.now();
  const stop = new AbortController();
  for (const signal of ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  }
  const folder = await Deno.makeTempDir({ prefix: "nodepool-demo-" });
  let failed = false;
  try {
    await show({ nodepool, folder, signal: AbortSignal.any([stop.signal, AbortSignal.timeout(limit)]) });
  } catch (error) {
    failed = true;
    if (stop.signal.aborted) console.error(`\nThe demonstration was ${stop.signal.reason.message}.`);
    else await report(error, folder);
  }
  await Deno.remove(folder, { recursive: true });
  if (!failed) {
    console.log(`\nDone in ${Math.round((performance.now() - began) / 1000)} s; nothing is left running.`);
  }
  Deno.exit(failed ? 1 : 0);
}

/** A port that was free a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

async function report(error: unknown, folder: string): Promise<void> {
  console.error(`\nThe demonstration failed: ${error instanceof Error ? error.message : error}`);
  for (const { name } of Deno.readDirSync(folder)) {
    if (!name.endsWith(".log")) continue;
    const log = await Deno.readTextFile(`${folder}/${name}`);
    console.error(`${name} ends with:\n${log.split("\n").slice(-30).join("\n")}`);
  }
}
