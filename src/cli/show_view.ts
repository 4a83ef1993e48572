/** Prints one of the pool's lists, once or again and again: what all list commands come to. */
import { SECOND } from "../domain/time.ts";
import type { ViewFilter } from "../views/view_filter.ts";
import type { PoolList, PoolViewName } from "../views/view_pool.ts";
import type { CliContext } from "./cli_context.ts";
import type { ListChoice } from "./output_options.ts";
import { openPool } from "./open_pool.ts";
import { formatView, type OutputFormat } from "./output_format.ts";

export interface ShowOptions extends ListChoice {
  readonly output: OutputFormat;
  readonly filter?: ViewFilter;
  /** Milliseconds between two drawings; `true`: the usual ones; not given: once. */
  readonly watch?: number | true;
}

const USUAL_WATCH = 2 * SECOND;

export async function showView(
  context: CliContext,
  name: PoolViewName,
  options: ShowOptions,
): Promise<void> {
  const { watch } = options;
  if (watch !== undefined) {
    const { watchView } = await import("./watch_view.ts");
    return await watchView(context, { name, options, pause: watch === true ? USUAL_WATCH : watch });
  }
  await using pool = await openPool(context);
  const { filter = {} } = options;
  const content = await pool.ask(name, filter);
  const { poolLists } = await import("../views/view_pool.ts");
  const { table }: PoolList = poolLists[name];
  const { io } = context;
  io.stdout.write(await formatView(content, { ...options, table, format: options.output, io }));
  if (table.rows(content).length === 0 && Object.keys(filter).length > 0) {
    const { noteUnknownNames } = await import("./note_unknown_names.ts");
    await noteUnknownNames(pool, { filter, images: name === "dib-image-list" ? "diskimage" : "image" }, io);
  }
}
