/**
 * A piece of work on the builder's side: it runs until it has an outcome, which is kept until the leader no longer
 * needs it. Its log goes to the leader in parts, as far as the leader wants it, and the outcome once all of it is
 * there.
 */
import { readChunk } from "../build/build_files.ts";
import type { BuilderOrder, ReportedWork, WorkOutcome } from "./builder_sync.ts";

/** Of a log at a time. */
const PART = 256 * 1024;

export class BuilderWork {
  readonly token: string;
  /** null: one of a kind that this version does not know. */
  readonly order: BuilderOrder | null;
  readonly #abort = new AbortController();
  /** Resolves when nothing of it runs any more. */
  readonly done: Promise<void>;
  #outcome: WorkOutcome | null = null;
  #progress: ReportedWork["progress"] = null;
  /** Bytes of its log that the leader has; null: it wants none. */
  #logSent: number | null = null;

  /** @param run what it does; must not throw but on abort */
  constructor(
    { token, order }: { token: string; order: BuilderOrder | null },
    run: (work: BuilderWork, signal: AbortSignal) => Promise<WorkOutcome>,
  ) {
    this.token = token;
    this.order = order;
    this.done = run(this, this.#abort.signal).then(
      (outcome) => void (this.#outcome = outcome),
      () => {},
    );
  }

  get isRunning(): boolean {
    return this.#outcome === null;
  }

  /** Whether it has been told to end. */
  get isEnding(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Ends it; resolves when nothing of it runs any more. */
  end(reason: Error): Promise<void> {
    this.#abort.abort(reason);
    return this.done;
  }

  noteProgress(progress: NonNullable<ReportedWork["progress"]>): void {
    this.#progress = progress;
  }

  /** How much of its log the leader has; null: it wants none. */
  noteLog(size: number | null): void {
    this.#logSent = size;
  }

  async report(): Promise<ReportedWork> {
    // Asked before the log is read: what was written before the end is read after it.
    const outcome = this.#outcome;
    const log = await this.#nextPart();
    return { token: this.token, progress: this.#progress, log, outcome: log === null ? outcome : null };
  }

  async #nextPart(): Promise<ReportedWork["log"]> {
    if (this.order?.type !== "build" || this.#logSent === null) return null;
    const bytes = await readPart(this.order.job.logFile, this.#logSent);
    return bytes === null ? null : { from: this.#logSent, bytes: bytes.toBase64() };
  }
}

/** null: nothing more is there. A log that cannot be read has nothing more to tell. */
async function readPart(path: string, from: number): Promise<Uint8Array | null> {
  try {
    using file = await Deno.open(path);
    await file.seek(from, Deno.SeekMode.Start);
    return await readChunk(file, PART);
  } catch {
    return null;
  }
}
