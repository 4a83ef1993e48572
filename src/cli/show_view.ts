/** Prints one of the pool's lists, once or again and again: what all list commands come to. */
import type { PoolClient } from "../control/pool_client.ts";
import { SECOND } from "../domain/time.ts";
import type { ViewFilter } from "../views/view_filter.ts";
import type { PoolList, PoolView, PoolViewName } from "../views/view_pool.ts";
import type { CliContext } from "./cli_context.ts";
import { InterruptedError } from "./cli_error.ts";
import { durationArgument } from "./duration_argument.ts";
import { openDaemonsPool, openPool } from "./open_pool.ts";
import { formatView, type OutputFormat } from "./output_format.ts";
import { Option } from "@commander-js/extra-typings";

interface ShowOptions {
  readonly output: OutputFormat;
  readonly filter?: ViewFilter;
  /** Milliseconds between two drawings; `true`: the usual ones; not given: once. */
  readonly watch?: number | true;
}

/** `--watch [SECONDS]`. */
export function watchOption() {
  return new Option("--watch [seconds]", "draw it repeatedly, by default every 2 seconds")
    .argParser(durationArgument);
}

/** Milliseconds. */
const USUAL_WATCH = 2 * SECOND;

/** Resolves to what was shown (last). */
export async function showView<Name extends PoolViewName>(
  context: CliContext,
  name: Name,
  options: ShowOptions,
): Promise<PoolView<Name>> {
  if (options.watch === undefined) {
    await using pool = await openPool(context);
    return await draw(context, { pool, name, options });
  }
  const pause = options.watch === true ? USUAL_WATCH : options.watch;
  return await watch(context, { name, options, pause });
}

interface Drawing<Name extends PoolViewName> {
  readonly pool: PoolClient;
  readonly name: Name;
  readonly options: ShowOptions;
  readonly signal?: AbortSignal;
}

async function draw<Name extends PoolViewName>(
  { io }: CliContext,
  { pool, name, options, signal }: Drawing<Name>,
): Promise<PoolView<Name>> {
  const content = await pool.ask(name, options.filter ?? {}, { signal }) as PoolView<Name>;
  const { poolLists } = await import("../views/view_pool.ts");
  const { table }: PoolList = poolLists[name];
  const text = await formatView(content, { table, format: options.output, io });
  if (options.watch !== undefined && io.stdout.columns !== null) io.stdout.write(CLEAR);
  io.stdout.write(text);
  return content;
}

/** Cursor home, then everything below it erased: less flicker than clearing first. */
const CLEAR = "\x1b[H\x1b[J";

/** Needs the daemon: without one, the state would be locked between drawings and no daemon could start. */
async function watch<Name extends PoolViewName>(
  context: CliContext,
  { name, options, pause }: { name: Name; options: ShowOptions; pause: number },
): Promise<PoolView<Name>> {
  await using pool = await openDaemonsPool(context);
  using interrupts = context.io.interrupts();
  const { signal } = interrupts;
  let shown = await draw(context, { pool, name, options, signal });
  try {
    while (true) {
      await context.io.clock.sleep(pause, { signal });
      shown = await draw(context, { pool, name, options, signal });
    }
  } catch (error) {
    if (error instanceof InterruptedError) return shown;
    throw error;
  }
}
