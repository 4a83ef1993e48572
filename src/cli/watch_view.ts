/** Draws one of the pool's lists again and again, and marks what has changed since the last drawing. */
import { durationText, type Milliseconds } from "../domain/time.ts";
import { sleptThrough } from "../lib/clock.ts";
import { shellWord } from "../lib/shell_quote.ts";
import { visibleText } from "../lib/visible_text.ts";
import { wrapWords } from "../lib/wrap_words.ts";
import { type DrawnRows, drawnRows, rowChanges } from "../views/tables/row_changes.ts";
import { type PoolList, poolLists, type PoolViewName } from "../views/view_pool.ts";
import type { CliContext } from "./cli_context.ts";
import { InterruptedError } from "./cli_error.ts";
import { LastingPool } from "./lasting_pool.ts";
import { formatView } from "./output_format.ts";
import type { ShowOptions } from "./commands/list.ts";
import { isScreen } from "./state_colors.ts";
import { withTimesOf } from "./write_line.ts";

interface Watching {
  readonly name: PoolViewName;
  readonly options: ShowOptions;
  readonly pause: Milliseconds;
}

/**
 * Until it is interrupted, and at once when the terminal's size has changed. Needs the daemon: without one, the state
 * would be locked between drawings and no daemon could start. While that is restarted, it waits for the next one.
 */
export async function watchView(context: CliContext, watching: Watching): Promise<void> {
  await using pool = await LastingPool.open(context);
  using interrupts = context.io.interrupts();
  const { signal } = interrupts;
  const screen = new Screen(context, watching);
  let pause = new AbortController();
  using _resizes = context.io.onResize(() => pause.abort());
  await screen.draw(pool, signal);
  try {
    for (;;) {
      await sleptThrough(context.io.clock, watching.pause, {
        signal: AbortSignal.any([signal, pause.signal]),
      });
      pause = new AbortController();
      await screen.draw(pool, signal);
    }
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
  }
}

/** Cursor home, then everything below it erased: less flicker than clearing first. */
const CLEAR = "\x1b[H\x1b[J";

/** Knows what was drawn last, and so what has changed. */
class Screen {
  readonly #context: CliContext;
  readonly #watching: Watching;
  #before: DrawnRows | null = null;
  #changes: ReturnType<typeof rowChanges> | null = null;

  constructor(context: CliContext, watching: Watching) {
    this.#context = context;
    this.#watching = watching;
  }

  async draw(pool: LastingPool, signal: AbortSignal): Promise<void> {
    const { name, options } = this.#watching;
    const { io } = this.#context;
    const view = await pool.ask(name, options.filter ?? {}, { signal });
    const { table }: PoolList = poolLists[name];
    const text = await formatView(view, {
      ...options,
      table,
      format: options.output,
      io,
      markRows: (shown) => this.#compare(drawnRows(shown)),
    });
    const isTable = options.output === "table" || options.output === "wide";
    const whole = isTable ? `${this.#headLines(view.at)}\n${text}` : text;
    io.stdout.write(isScreen(io.stdout, io) ? CLEAR + this.#fitting(whole) : whole);
  }

  #compare(rows: DrawnRows) {
    this.#changes = this.#before === null ? null : rowChanges(this.#before, rows);
    this.#before = rows;
    return this.#changes?.marks ?? [];
  }

  /** `nodepool list --watch, every 2s, 2030-01-02 04:04:05 +01:00: 1 changed`. */
  #headLines(at: string): string {
    const { program, argv, io: { stdout } } = this.#context;
    const command = visibleText([program.name, ...argv.map(shellWord)].join(" "));
    const pause = durationText(this.#watching.pause);
    const head = `${command}, every ${pause}, ${withTimesOf(stdout, at)}: ${this.#describeChanges()}`;
    return stdout.columns === null ? head : wrapWords(head, stdout.columns).join("\n");
  }

  #describeChanges(): string {
    if (this.#changes === null) return "first drawing";
    const { changed, added, gone } = this.#changes;
    const counts = Object.entries({ changed, new: added, gone }).filter(([, count]) => count > 0);
    return counts.map(([what, count]) => `${count} ${what}`).join(", ") || "no change";
  }

  /** More lines than the screen has would push the head line out of it. */
  #fitting(text: string): string {
    const { rows } = this.#context.io.stdout;
    const lines = text.trimEnd().split("\n");
    if (rows === null || lines.length < rows) return text;
    const hidden = lines.length - (rows - 2);
    return [...lines.slice(0, Math.max(0, rows - 2)), `… ${hidden} more lines`, ""].join("\n");
  }
}
