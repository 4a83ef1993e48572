/**
 * Measures the pool at every whole minute, and keeps the samples of the last day in memory and in the state: a daemon that
 * starts again, however it ended, lacks those of the minutes in which none ran. Nothing is estimated. What happens between
 * two samples it hears from the ledger. The pool has one.
 */
import type { Config } from "../domain/config.ts";
import { waitOf } from "../domain/lifeline.ts";
import type { NodeRecord } from "../domain/node.ts";
import { type Happened, measurePool } from "../domain/samples/measure_pool.ts";
import type { PoolSamples } from "../domain/samples/pool_samples.ts";
import { minuteOf, SAMPLES_KEPT } from "../domain/samples/sample.ts";
import { SampleBook } from "../domain/samples/sample_book.ts";
import { MINUTE, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { nodeHappenings } from "../metrics/record_happenings.ts";
import type { Ledger } from "../store/ledger.ts";
import type { Change } from "../store/store.ts";
import type { TaskRegistry } from "./task_registry.ts";

interface SamplerDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly tasks: TaskRegistry;
  readonly config: () => Config;
}

export class Sampler implements Disposable {
  readonly #deps: SamplerDeps;
  readonly #book = new SampleBook();
  readonly #subscription: Disposable;
  #happened: Happened[] = [];
  /** Whether those of earlier processes have been read, as far as they can be. */
  #hasRead = false;

  constructor(deps: SamplerDeps) {
    this.#deps = deps;
    const { ledger, clock, tasks } = deps;
    this.#subscription = ledger.subscribe(({ nodes }) => {
      this.#happened.push(...nodes.flatMap((change) => happenedTo(change, clock.now())));
    });
    tasks.add({ name: "samples", period: null, run: () => this.#run() });
  }

  get samples(): PoolSamples {
    return this.#book;
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  /** @returns when the next minute begins */
  async #run(): Promise<{ again: number }> {
    const minute = minuteOf(this.#deps.clock.now());
    if (!this.#hasRead) await this.#readKept(minute);
    if (minute > this.#book.newest) await this.#take(minute);
    return { again: (minute + 1) * MINUTE };
  }

  async #readKept(minute: number): Promise<void> {
    this.#hasRead = true;
    for await (const sample of this.#deps.ledger.samples({ since: oldestKept(minute) })) {
      // From a clock that went ahead of this one.
      if (sample.minute > minute) return;
      this.#book.add(sample);
    }
  }

  async #take(minute: number): Promise<void> {
    const { ledger, clock, config } = this.#deps;
    const groups = measurePool({
      now: clock.now(),
      config: config(),
      nodes: ledger.nodes.values(),
      requests: ledger.requests.values(),
      happened: this.#happened,
    });
    this.#happened = [];
    this.#book.add({ minute, groups });
    await ledger.addSample({ minute, groups }, { since: oldestKept(minute) });
  }
}

function oldestKept(minute: number): number {
  return Math.max(0, minute + 1 - minuteOf(SAMPLES_KEPT));
}

/** @param now when it happened */
function happenedTo({ previous, next }: Change<NodeRecord>, now: number): Happened[] {
  if (previous === null || next === null || next.role !== "node") return [];
  const { label, provider } = next;
  const hasFailed = nodeHappenings(previous, next, { now })
    .some(({ name, labels }) => name === "launch" && labels.result === "error");
  const wait = previous.timings.used === undefined ? waitOf(next) : null;
  return [
    ...(hasFailed ? [{ type: "failed", label, provider } as const] : []),
    ...(wait === null ? [] : [{ type: "granted", label, seconds: Math.floor(wait / SECOND) } as const]),
  ];
}
