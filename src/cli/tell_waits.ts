/**
 * Says on standard error what a command waits for and what helps, at once and whenever it changes: a line for each
 * reason. Knows the last reason, for messages that say why it did not come.
 */
import type { AnswerOf, RequestOf } from "../control/operations.ts";
import type { Call } from "../lib/call.ts";
import { type Instant, MINUTE, SECOND } from "../domain/time.ts";
import { endsInTime } from "../lib/deadline.ts";
import { meanwhile } from "../lib/meanwhile.ts";
import { causeText, type ObstacleView, remedyText } from "../views/obstacle_view.ts";
import type { CliIo } from "./cli_io.ts";
import { writeLine } from "./write_line.ts";

type Wait = AnswerOf<"waits">["waits"][number];

/** A reason that comes and goes, as with launches that fail again and again, is repeated no more often than this. */
const REPEATED_AFTER = MINUTE;

interface Telling {
  readonly io: CliIo;
  /** null: nobody answers now. */
  readonly ask: (request: RequestOf<"waits">, call: Call) => Promise<AnswerOf<"waits"> | null>;
  /** The things that are waited for; left out: none of their kind. */
  readonly asked: Partial<RequestOf<"waits">>;
  /** The same in words: `1 of big`. */
  readonly what: string;
  /** Completes the line: until when it waits; by default nothing. */
  readonly ending?: () => string;
  /** Whether nothing is written: the reasons are shown otherwise. */
  readonly isQuiet?: boolean;
  /** Called with each answer. */
  readonly onNews?: () => void;
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

  /** Tells until the wait is over. */
  async during<Answer>(wait: () => Promise<Answer>, telling: Telling): Promise<Answer> {
    return await meanwhile((call) => this.#tell({ ...telling, ...call }), wait, telling);
  }

  async #tell(
    { io, ask, asked, what, ending = () => "", isQuiet = false, onNews = () => {}, signal }: Telling,
  ): Promise<void> {
    const whole = { requests: [], nodes: [], images: [], orders: [], ...asked };
    let known: readonly string[] = [];
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      // A command that waits must not fail because a reason cannot be read.
      const asking = ask({ ...whole, known }, { signal }).catch(() => null);
      const isSoon = !isFirst || isQuiet ||
        await endsInTime(asking, { clock: io.clock, timeout: SECOND, signal }).catch(() => true);
      if (!isSoon) writeLine(io.stderr, `nodepool: waiting for ${what}${ending()}`);
      const answer = await asking;
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
  { obstacles }: Wait,
  { what, ending }: { what: string; ending: string },
): string[] {
  const remedies = remediesOf(obstacles).map((remedy) => `remedy: ${remedy}`);
  return [`waiting for ${what}: ${causesOf(obstacles)}${ending}`, ...remedies];
}

function causesOf(obstacles: readonly ObstacleView[]): string {
  return obstacles.map(causeText).join("; ");
}

function remediesOf(obstacles: readonly ObstacleView[]): string[] {
  return [...new Set(obstacles.flatMap((obstacle) => remedyText(obstacle) ?? []))];
}
