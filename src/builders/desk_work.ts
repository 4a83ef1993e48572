/** A piece of work that the leader has given to a builder, or is about to: from the attempt that it is done for to its end. */
import type { BuilderName } from "../domain/build_places.ts";
import type { BuilderOrder, ReportedWork, WorkOutcome } from "./builder_sync.ts";
import type { LogCopy } from "./log_copy.ts";

interface DeskWorkOptions {
  readonly builder: BuilderName;
  readonly order: BuilderOrder;
  /** Of a builder that has it already, since an earlier leader gave it. */
  readonly process: string | null;
  readonly log: LogCopy | null;
  readonly onProgress: (progress: { sent: number; total: number }) => void;
}

export class DeskWork {
  /** The builder's id. */
  readonly builder: string;
  readonly host: string;
  readonly order: BuilderOrder;
  readonly log: LogCopy | null;
  readonly #onProgress: DeskWorkOptions["onProgress"];
  readonly #outcome = Promise.withResolvers<WorkOutcome>();
  /** The process that it was given to; null: none yet. */
  #process: string | null;

  constructor({ builder, order, process, log, onProgress }: DeskWorkOptions) {
    this.builder = builder.id;
    this.host = builder.host;
    this.order = order;
    this.log = log;
    this.#process = process;
    this.#onProgress = onProgress;
  }

  get outcome(): Promise<WorkOutcome> {
    return this.#outcome.promise;
  }

  /** Whether it is given to that process now. */
  isFor(process: string): boolean {
    return this.#process === null || this.#process === process;
  }

  giveTo(process: string): void {
    this.#process = process;
  }

  /** Takes what the builder says of it; the outcome, once its log is there. */
  async take({ progress, log, outcome }: ReportedWork): Promise<void> {
    if (progress !== null) this.#onProgress(progress);
    if (log !== null) await this.log?.append(Uint8Array.fromBase64(log.bytes), log.from);
    if (outcome !== null) this.end(outcome as WorkOutcome);
  }

  end(outcome: WorkOutcome): void {
    this.#outcome.resolve(outcome);
  }
}
