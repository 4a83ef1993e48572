/** Shared by the commands that order images: the order, waiting for it with progress, the exit code. */
import type { PoolClient } from "../control/pool_client.ts";
import type { OrderOutcome, OrderSpec, PlacedOrders } from "../control/operations/image_operations.ts";
import type { ImageView } from "../views/image_lists.ts";
import type { Call } from "../lib/call.ts";
import { meanwhile } from "../lib/meanwhile.ts";
import type { CliContext } from "./cli_context.ts";
import { InterruptedError } from "./cli_error.ts";
import { ExitCode } from "./exit_code.ts";
import { LastingPool } from "./lasting_pool.ts";
import { openPool, openWorkingPool } from "./open_pool.ts";
import { isScreen } from "./state_colors.ts";
import { WaitTeller } from "./tell_waits.ts";
import { writeLine } from "./write_line.ts";

interface OrderOptions {
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
  if (!wait) return await placeOnly(context, spec);
  await using pool = await LastingPool.open(
    context,
    (context) => openWorkingPool(context, `image-${spec.kind}`),
  );
  using interrupts = io.interrupts();
  const { signal } = interrupts;
  const placed = await pool.ask("image-order", spec, { signal });
  const teller = new WaitTeller();
  try {
    const outcomes = await teller.during(() => waiting(context, { pool, placed, follow, signal }), {
      io,
      ask: (request, call) => pool.ask("waits", request, call),
      asked: { orders: placed.orders },
      what: placed.orders.map(describe).join(", "),
      isQuiet: !follow && isScreen(io.stderr, io),
      signal,
    });
    for (const outcome of outcomes) {
      const text = `${describe(outcome)}: ${outcome.message}`;
      if (outcome.ok) writeLine(io.stdout, text);
      else writeLine(io.stderr, `nodepool: ${text}; ${nextDaemon(pool)} tries again`);
      if (!outcome.ok) context.exitCode = ExitCode.failed;
    }
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    const ended = pool.hasDaemon ? "no longer waiting" : "stopped";
    const reason = teller.lastReason === null ? "" : `; the last reason: ${teller.lastReason}`;
    writeLine(io.stderr, `nodepool: ${ended}; ${nextDaemon(pool)} continues it${reason}`);
    context.exitCode = ExitCode.failed;
  }
}

async function placeOnly(context: CliContext, spec: OrderSpec): Promise<void> {
  const { io } = context;
  await using pool = await openPool(context, { writes: true });
  const placed = await pool.ask("image-order", spec);
  for (const name of placed.orders) io.stdout.write(`${describe(name)}: ordered\n`);
  if (!pool.hasDaemon) io.stderr.write("nodepool: no daemon is running; the next one will do it\n");
}

interface Waiting {
  readonly pool: LastingPool;
  readonly placed: PlacedOrders;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

type Shown = Omit<Waiting, "follow">;

/** Whatever is shown meanwhile ends with the wait. */
async function waiting(
  context: CliContext,
  { pool, placed, follow, signal }: Waiting,
): Promise<readonly OrderOutcome[]> {
  const show = (until: Call) =>
    (follow ? followBuilds : showImageProgress)(context, { pool, placed, ...until }).catch((error) => {
      if (!until.signal.aborted) throw error;
    });
  return await meanwhile(show, async (shown) => {
    const outcomes = await pool.ask("image-order-end", placed, { signal });
    // A log is read to its end, which the end of its build brings.
    if (follow) await shown;
    return outcomes;
  }, { signal });
}

const LOOK = 300;

/** Prints the log of the first build that the order brings about. */
async function followBuilds(
  { io }: CliContext,
  { pool, placed, signal }: Shown,
): Promise<void> {
  const build = placed.orders.find(({ provider }) => provider === null);
  if (build === undefined) return;
  for (;;) {
    const { dib_images: images } = await pool.ask("dib-image-list", { image: build.image }, { signal });
    const found = images.findLast(({ version }) => version >= Math.floor(placed.at / 1000));
    if (found !== undefined) {
      return await printLog(io, { id: found.id, pool, signal });
    }
    await io.clock.sleep(LOOK, { signal });
  }
}

/** Each daemon has it from the beginning. */
async function printLog(
  io: CliContext["io"],
  { id, pool, signal }: { id: number; pool: LastingPool; signal: AbortSignal },
): Promise<void> {
  const text = new TextDecoder();
  let printed = 0;
  await pool.outlast(async (daemon) => {
    let read = 0;
    for await (const chunk of await daemon.ask("build-log", { id }, { signal })) {
      const fresh = chunk.subarray(Math.max(0, printed - read));
      io.stdout.write(text.decode(fresh, { stream: true }));
      read += chunk.length;
      printed = Math.max(printed, read);
    }
  }, { signal });
}

/** Who sees to what is left to be done. */
function nextDaemon({ hasDaemon }: PoolClient): string {
  return hasDaemon ? "the daemon" : "the next daemon";
}

function describe({ provider, image }: Pick<OrderOutcome, "provider" | "image">): string {
  return provider === null ? `diskimage ${image}` : `image ${image} on ${provider}`;
}

/** Between two drawings. */
const REDRAW = 500;

/**
 * On a terminal bars for uploads and a line for everything else, redrawn. Goes on until the signal is aborted, with whose reason it rejects; where it can draw nothing, it ends at once.
 */
async function showImageProgress(
  { io }: CliContext,
  { pool, placed, signal }: Shown,
): Promise<void> {
  // Elsewhere the lines about what it waits for are enough.
  if (!isScreen(io.stderr, io)) return;
  let drawn = 0;
  try {
    for (;;) {
      const lines = await describeProgress({ pool, placed, signal });
      io.stderr.write(redraw(lines, drawn, io.stderr.columns ?? 80));
      drawn = lines.length;
      await io.clock.sleep(REDRAW, { signal });
    }
  } finally {
    if (drawn > 0) io.stderr.write(redraw([], drawn, 80));
  }
}

async function describeProgress(
  { pool, placed, signal }: Shown,
): Promise<string[]> {
  const lines: string[] = [];
  for (const { provider, image } of placed.orders) {
    if (provider === null) {
      const { dib_images: builds } = await pool.ask("dib-image-list", { image }, { signal });
      const build = builds.findLast(({ state }) => state === "building");
      if (build !== undefined) {
        lines.push(`diskimage ${image}: ${build.waiting_on?.message ?? "being built"}`);
      }
    } else {
      const { images } = await pool.ask("image-list", { provider, image }, { signal });
      const made = images.findLast(({ state }) => state === "building");
      if (made !== undefined) lines.push(`image ${image} on ${provider}: ${bar(made)}`);
    }
  }
  return lines;
}

const WIDTH = 30;

function bar({ progress, waiting_on }: ImageView): string {
  if (progress === null) return waiting_on?.message ?? "being made";
  const full = Math.round(progress / 100 * WIDTH);
  return `${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${progress}%`;
}

/** Over the lines drawn before. */
function redraw(lines: readonly string[], drawn: number, columns: number): string {
  const up = drawn === 0 ? "" : `\x1b[${drawn}A`;
  return `${up}\x1b[J${lines.map((line) => `${line.slice(0, columns - 1)}\n`).join("")}`;
}
