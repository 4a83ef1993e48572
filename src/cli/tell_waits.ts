/**
 * Says on standard error what a command waits for and what helps, at once and whenever it changes: a line for each
 * reason. Knows the last reason, for messages that say why it did not come.
 */
import type { AnswerOf, RequestOf } from "../control/operations.ts";
import type { PoolClient } from "../control/pool_client.ts";
import { type Instant, MINUTE, SECOND } from "../domain/time.ts";
import type { Call } from "../lib/call.ts";
import { endsInTime } from "../lib/deadline.ts";
import { meanwhile } from "../lib/meanwhile.ts";
import { namesText } from "../lib/names_text.ts";
import { causeText, type ObstacleView, remedyText } from "../views/obstacle_view.ts";
import type { CliIo } from "./cli_io.ts";
import { writeLine } from "./write_line.ts";

type WaitsAnswer = AnswerOf<"waits">;
type Wait = WaitsAnswer["waits"][number];

/** A reason that comes and goes, as with launches that fail again and again, is repeated no more often than this. */
const REPEATED_AFTER = MINUTE;

interface TellWaits {
  readonly io: CliIo;
  /** The next answer for a caller that knows that much; null: nobody answers now. */
  readonly ask: (known: readonly string[]) => Promise<WaitsAnswer | null>;
  /** `1 of big`: what waits; by default what the daemon says. */
  readonly what?: string;
  /** Completes the line: until when it waits; by default nothing. */
  readonly ending?: () => string;
  /** Whether nothing is written: the reasons are shown otherwise. */
  readonly isQuiet?: boolean;
  readonly signal: AbortSignal;
}

export class WaitTeller {
  /** The reasons that there are now. */
  #known: ReadonlySet<string> = new Set();
  /** When each was last printed. */
  readonly #toldAt = new Map<string, Instant>();
  #waits: readonly Wait[] = [];

  /** The obstacles that are waited for now. */
  get obstacles(): readonly ObstacleView[] {
    return this.#waits.flatMap(({ obstacles }) => obstacles);
  }

  /** The last reason, with what helps; null: none is known. */
  get lastReason(): string | null {
    const reasons = this.#waits.map(({ obstacles }) =>
      [causesOf(obstacles), ...remediesOf(obstacles)].join("; ")
    );
    return reasons.length === 0 ? null : [...new Set(reasons)].join("; ");
  }

  /** Goes on until the signal is aborted. @param options `onNews`: called with each answer */
  async tell(
    { io, ask, what, ending = () => "", isQuiet = false, signal }: TellWaits,
    onNews: () => void = () => {},
  ): Promise<void> {
    let known: readonly string[] = [];
    let isFirst = true;
    while (!signal.aborted) {
      const asked = ask(known);
      if (isFirst && !isQuiet) await this.#sayAnyhow(asked, { io, what, ending, signal });
      isFirst = false;
      const answer = await asked;
      if (answer === null) {
        await io.clock.sleep(SECOND, { signal }).catch(() => {});
        continue;
      }
      known = answer.known;
      this.#waits = answer.waits;
      const news = answer.waits.filter((_, at) => !isQuiet && this.#isNews(known[at]!, io.clock.now()));
      for (const line of news.flatMap((wait) => linesOf(wait, { what, ending: ending() }))) {
        writeLine(io.stderr, `nodepool: ${line}`);
      }
      this.#known = new Set(known);
      onNews();
    }
  }

  /** Where nobody knows a reason yet. */
  async #sayAnyhow(
    asked: Promise<WaitsAnswer | null>,
    { io, what, ending, signal }: Required<Pick<TellWaits, "io" | "ending" | "signal">> & {
      what: string | undefined;
    },
  ): Promise<void> {
    const isHeard = await endsInTime(asked, { clock: io.clock, timeout: SECOND, signal }).catch(() => true);
    if (!isHeard) writeLine(io.stderr, `nodepool: waiting for ${what ?? "it"}${ending()}`);
  }

  #isNews(reason: string, now: Instant): boolean {
    if (this.#known.has(reason) || now - (this.#toldAt.get(reason) ?? -Infinity) < REPEATED_AFTER) {
      return false;
    }
    this.#toldAt.set(reason, now);
    return true;
  }
}

/** The lines for one reason. */
function linesOf(
  { what, obstacles }: Wait,
  { what: named, ending }: { what: string | undefined; ending: string },
): string[] {
  const causes = causesOf(obstacles);
  const remedies = remediesOf(obstacles).map((remedy) => `remedy: ${remedy}`);
  return [`waiting for ${named ?? namesText(what, { most: MOST })}: ${causes}${ending}`, ...remedies];
}

function causesOf(obstacles: readonly ObstacleView[]): string {
  return obstacles.map(causeText).join("; ");
}

function remediesOf(obstacles: readonly ObstacleView[]): string[] {
  return [...new Set(obstacles.flatMap((obstacle) => remedyText(obstacle) ?? []))];
}

/** Names that a line lists. */
const MOST = 3;

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

/** Has a command say what it waits for while it waits: those that wait for nodes or images to come or to go. */
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
