/** One Gearman server: its link, and what is asked of it while it is connected. */
import type { LinkState } from "../../domain/link_state.ts";
import { type Milliseconds, MINUTE, SECOND } from "../../domain/time.ts";
import { inTime, TimeUpError } from "../../lib/deadline.ts";
import { ANSWER_LIMIT, Link, type LinkDeps } from "../link.ts";
import { type Address, placeOf } from "../wire.ts";
import { GearmanConversation, type Job } from "./conversation.ts";
import type { FunctionStatus } from "./function_status.ts";
import { GearmanError } from "./gearman_error.ts";
import type { JobRun } from "./job_run.ts";

/** For the whole of a long list that goes on coming. */
const STATUS_LIMIT = MINUTE;
const ACCEPT_LIMIT = MINUTE;

interface JobServerOptions extends LinkDeps {
  readonly address: Address;
  readonly onState: (state: LinkState) => void;
}

export class JobServer implements AsyncDisposable {
  readonly address: Address;
  readonly #clock: LinkDeps["clock"];
  readonly #place: string;
  readonly #link: Link;
  /** The conversation over the newest connection; null: no connection yet. */
  #conversation: GearmanConversation | null = null;
  #fail: (error: Error) => void = () => {};
  /** The newest status from this connection; null: no answer yet. */
  #status: FunctionStatus | null = null;

  constructor(options: JobServerOptions) {
    const { address, clock } = options;
    this.address = address;
    this.#clock = clock;
    this.#place = `the Gearman server ${placeOf(address)}`;
    this.#link = new Link({
      ...options,
      converse: (peer) => {
        this.#status = null;
        this.#fail = peer.fail;
        return this.#conversation = new GearmanConversation(peer, { clock, place: this.#place });
      },
    });
  }

  get state(): LinkState {
    return this.#link.state;
  }

  /** Workers that it had for a function `node_assign:…` or `node_revoke:…` when it was asked last. */
  workersOf(name: string): number {
    return this.#status?.workers.get(name) ?? 0;
  }

  /** Its functions; null while it is away. A server that cannot tell is given up. @throws the signal's reason */
  async readStatus({ signal }: { signal: AbortSignal }): Promise<FunctionStatus | null> {
    signal.throwIfAborted();
    const conversation = this.#conversation;
    if (conversation === null || this.state.status !== "connected") return null;
    const fail = this.#fail;
    try {
      const limit = { clock: this.#clock, timeout: STATUS_LIMIT, signal };
      const status = await inTime(conversation.readStatus(), limit);
      if (conversation === this.#conversation) this.#status = status;
      return status;
    } catch (error) {
      signal.throwIfAborted();
      const isLate = error instanceof TimeUpError;
      fail(
        isLate ? new Error(`its status was not complete after ${STATUS_LIMIT / SECOND} s`) : error as Error,
      );
      return null;
    }
  }

  /**
   * Lets a worker do the job and gives its answer. A job that no worker took in time, or that the caller gave up, is
   * taken back.
   * @throws GearmanError; the signal's reason on abort
   */
  async run(job: Job, options: { timeout: Milliseconds; signal: AbortSignal }): Promise<Uint8Array> {
    options.signal.throwIfAborted();
    const conversation = this.#connected(job);
    const run = conversation.submit(job);
    try {
      return await inTime(run.result, { clock: this.#clock, ...options });
    } catch (error) {
      if (error instanceof TimeUpError) return await this.#takeBack(run, { ...options, conversation });
      if (options.signal.aborted) conversation.withdraw(run);
      throw error;
    }
  }

  /** Submits a job and does not wait for a worker. @throws GearmanError; the signal's reason on abort */
  async submit(job: Job, { signal }: { signal: AbortSignal }): Promise<void> {
    signal.throwIfAborted();
    const accepted = this.#connected(job).submitInBackground(job);
    const limit = { clock: this.#clock, timeout: ACCEPT_LIMIT, signal };
    await inTime(accepted, limit).catch((error) => {
      if (!(error instanceof TimeUpError)) throw error;
      const problem = `${this.#place} did not accept it within ${ACCEPT_LIMIT / SECOND} s`;
      throw new GearmanError("timeout", `${job.name}: ${problem}`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }

  #connected({ name }: Job): GearmanConversation {
    if (this.#conversation !== null && this.state.status === "connected") return this.#conversation;
    throw new GearmanError("away", `${name}: ${this.#place} is not connected`);
  }

  /** The answer, where it comes at the last moment; else the error that says how the job ended. */
  async #takeBack(
    run: JobRun,
    options: { conversation: GearmanConversation; timeout: Milliseconds; signal: AbortSignal },
  ): Promise<Uint8Array> {
    const { conversation, timeout, signal } = options;
    const seconds = timeout / SECOND;
    const late = run.error("timeout", `the outcome is unknown: no response within ${seconds} s`);
    const withdrawal = conversation.withdraw(run).then((isWithdrawn): never => {
      throw isWithdrawn
        ? run.error(
          "noWorker",
          `no worker took the job within ${seconds} s; check that its manager is connected`,
        )
        : late;
    });
    const limit = { clock: this.#clock, timeout: 2 * ANSWER_LIMIT, signal };
    return await inTime(Promise.race([run.result, withdrawal]), limit).catch((error) => {
      throw error instanceof TimeUpError ? late : error;
    });
  }
}
