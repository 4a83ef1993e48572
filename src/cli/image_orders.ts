/** What the commands that order images have in common: the order, waiting for it with progress, the exit code. */
import type { PoolClient } from "../control/pool_client.ts";
import type { OrderOutcome, OrderSpec, PlacedOrders } from "../control/pool_control.ts";
import type { CliContext } from "./cli_context.ts";
import { InterruptedError } from "./cli_error.ts";
import { ExitCode } from "./exit_code.ts";
import { openDaemonsPool } from "./open_pool.ts";
import { showImageProgress } from "./image_progress.ts";
import { writeLine } from "./write_line.ts";

export interface OrderOptions {
  /** Only place the order. */
  readonly wait: boolean;
  /** Print the build's log as it is written, instead of progress. */
  readonly follow?: boolean;
}

export async function orderImages(
  context: CliContext,
  spec: OrderSpec,
  { wait, follow = false }: OrderOptions,
): Promise<void> {
  const { io } = context;
  await using pool = await openDaemonsPool(context);
  using interrupts = io.interrupts();
  const { signal } = interrupts;
  const placed = await pool.orderImages(spec, { signal });
  if (!wait) {
    for (const name of placed.orders) io.stdout.write(`${describe(name)}: ordered\n`);
    return;
  }
  try {
    const outcomes = await waiting(context, { pool, placed, follow, signal });
    for (const outcome of outcomes) tell(context, outcome);
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    io.stderr.write("nodepool: not waited for any longer; the daemon goes on with it\n");
    context.exitCode = ExitCode.failed;
  }
}

interface Waiting {
  readonly pool: PoolClient;
  readonly placed: PlacedOrders;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** Whatever is shown meanwhile ends with the wait. */
async function waiting(
  context: CliContext,
  { pool, placed, follow, signal }: Waiting,
): Promise<readonly OrderOutcome[]> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const shown = follow
    ? followBuilds(context, { pool, placed, signal: until })
    : showImageProgress(context, { pool, placed, signal: until });
  const quiet = shown.catch((error) => {
    if (!until.aborted) throw error;
  });
  try {
    const outcomes = await pool.waitForOrders(placed, { signal });
    // A log is read to its end, which the end of its build brings.
    if (follow) await quiet;
    return outcomes;
  } finally {
    over.abort(new Error("over"));
    await quiet;
  }
}

const LOOK = 300;

/** Prints the log of the first build that the order brings about. */
async function followBuilds(
  { io }: CliContext,
  { pool, placed, signal }: Omit<Waiting, "follow">,
): Promise<void> {
  const build = placed.orders.find(({ provider }) => provider === null);
  if (build === undefined) return;
  for (;;) {
    const { dib_images: images } = await pool.view("dib-image-list", {
      filter: { image: build.image },
      signal,
    });
    const found = images.findLast(({ version }) => version >= Math.floor(placed.at / 1000));
    if (found !== undefined) {
      const text = new TextDecoder();
      for await (const chunk of await pool.followBuild(found.id, { signal })) {
        io.stdout.write(text.decode(chunk, { stream: true }));
      }
      return;
    }
    await io.clock.sleep(LOOK, { signal });
  }
}

function tell(context: CliContext, outcome: OrderOutcome): void {
  const text = `${describe(outcome)}: ${outcome.message}`;
  if (outcome.ok) writeLine(context.io.stdout, text);
  else writeLine(context.io.stderr, `nodepool: ${text}; the daemon tries again`);
  if (!outcome.ok) context.exitCode = ExitCode.failed;
}

function describe({ provider, image }: Pick<OrderOutcome, "provider" | "image">): string {
  return provider === null ? `diskimage ${image}` : `image ${image} on ${provider}`;
}
