/**
 * The conversation with one Gearman server over one connection, binary and text. The server answers in the order in
 * which it is asked, so what it says belongs to the oldest question; only news of jobs comes at any time. Whatever
 * fits neither ends the connection.
 */
import type { Clock } from "../../lib/clock.ts";
import type { Conversation, Peer } from "../link.ts";
import { FunctionStatus } from "./function_status.ts";
import { GearmanError } from "./gearman_error.ts";
import { JobRun } from "./job_run.ts";
import { encodePacket, type Packet, type PacketType } from "./packet.ts";
import { GearmanReader, type Unit } from "./reader.ts";

export interface Job {
  /** The name of the function. */
  readonly name: string;
  /** Jobs with the same id are one to the server. */
  readonly unique: string;
  readonly argument: string;
}

/** A question that waits for its answer. */
interface Question {
  /** On the monotonic clock. */
  readonly since: number;
  /** Takes the next part of the answer. @returns whether it was the last @throws Error where it is no part of one */
  take(unit: Unit): boolean;
  fail(error: Error): void;
}

/** Makes an answer of its parts; `MORE` asks for the next. @throws Refusal; Error where it is no part of an answer */
type ReadAnswer<Answer> = (unit: Unit) => Answer | typeof MORE;

const MORE = Symbol("more");

/** The server understood the question and says no. */
class Refusal extends Error {}

/** More functions than any server has: a longer answer is invalid. */
const MAX_FUNCTIONS = 1_000_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class GearmanConversation implements Conversation {
  readonly #peer: Peer;
  readonly #clock: Clock;
  readonly #place: string;
  readonly #reader = new GearmanReader();
  readonly #questions: Question[] = [];
  readonly #runs = new Map<string, JobRun>();
  #status: Promise<FunctionStatus> | null = null;
  #end: GearmanError | null = null;

  /** @param options `place`: how messages name the server */
  constructor(peer: Peer, { clock, place }: { clock: Clock; place: string }) {
    this.#peer = peer;
    this.#clock = clock;
    this.#place = place;
    this.#greet();
  }

  get awaitingSince(): number | null {
    return this.#questions[0]?.since ?? null;
  }

  receive(bytes: Uint8Array): void {
    for (const unit of this.#reader.read(bytes)) this.#take(unit);
  }

  probe(): void {
    this.#ask(request("ECHO_REQ", "nodepool"), packetOf("ECHO_RES")).catch(() => {});
  }

  end(error: Error): void {
    this.#end = new GearmanError("lost", `${this.#place}: the connection ended: ${error.message}`, {
      cause: error,
    });
    for (const question of this.#questions.splice(0)) question.fail(this.#end);
    for (const run of this.#runs.values()) run.fail(lost(run, error));
    this.#runs.clear();
  }

  /**
   * Asks for the queues of all functions; a caller that asks before the answer is complete shares it. @throws
   * GearmanError
   */
  readStatus(): Promise<FunctionStatus> {
    this.#status ??= this.#askStatus().finally(() => this.#status = null);
    return this.#status;
  }

  /** Submits a job whose worker is waited for. */
  submit(job: Job): JobRun {
    const run = new JobRun(`${job.name} at ${this.#place}`);
    const accept = ([handle]: string[]) => {
      run.handle = handle!;
      this.#runs.set(handle!, run);
      if (run.withdrawn) this.withdraw(run);
    };
    this.#ask(request("SUBMIT_JOB", job.name, job.unique, job.argument), packetOf("JOB_CREATED", accept))
      .catch((error) => run.fail(error.kind === "lost" ? lost(run, error.cause) : error));
    return run;
  }

  /** Submits a job that nobody waits for; resolves when the server has it. @throws GearmanError */
  async submitInBackground({ name, unique, argument }: Job): Promise<void> {
    await this.#ask(request("SUBMIT_JOB_BG", name, unique, argument), packetOf("JOB_CREATED"));
  }

  /** Takes a job back. @returns whether certainly no worker has it; false also where that cannot be learnt */
  async withdraw(run: JobRun): Promise<boolean> {
    run.withdrawn = true;
    const { handle } = run;
    if (handle === null) return false;
    // gearmand also "cancels" jobs that a worker has begun, so it is asked after that whether one has.
    const cancelled = this.#ask(encoder.encode(`cancel job ${handle}\n`), (unit) => lineIn(unit) === "OK");
    const begun = this.#ask(request("GET_STATUS", handle), packetOf("STATUS_RES", (args) => args[2] !== "0"));
    const answers = await Promise.allSettled([cancelled, begun]);
    this.#runs.delete(handle);
    const [isCancelled, isBegun] = answers.map((answer) =>
      answer.status === "fulfilled" ? answer.value : null
    );
    return isCancelled === true && isBegun === false;
  }

  /** Any Gearman server answers to this; without the option it reports a worker's exception as a mere failure. */
  #greet(): void {
    this.#ask(request("OPTION_REQ", "exceptions"), (unit) => {
      if (unit.kind !== "packet" || !["OPTION_RES", "ERROR"].includes(unit.packet.type)) {
        throw outOfStep(unit);
      }
      this.#peer.establish();
    }).catch(() => {});
  }

  #askStatus(): Promise<FunctionStatus> {
    const status = new FunctionStatus();
    let count = 0;
    return this.#ask(encoder.encode("status\n"), (unit) => {
      const line = lineIn(unit);
      if (line === ".") return status;
      if (++count > MAX_FUNCTIONS) throw new Error(`it lists more than ${MAX_FUNCTIONS} functions`);
      status.add(line);
      return MORE;
    });
  }

  #ask<Answer>(question: Uint8Array, read: ReadAnswer<Answer>): Promise<Answer> {
    if (this.#end !== null) return Promise.reject(this.#end);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#questions.push({
      since: this.#clock.monotonic(),
      fail: reject,
      take: (unit) => {
        try {
          const answer = read(unit);
          if (answer === MORE) return false;
          resolve(answer);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          reject(new GearmanError("refused", `${this.#place} refused: ${error.message}`));
        }
        return true;
      },
    });
    this.#peer.send(question);
    return promise;
  }

  #take(unit: Unit): void {
    if (unit.kind === "packet") {
      const { magic, type } = unit.packet;
      if (magic !== "RES") throw outOfStep(unit);
      if (type.startsWith("WORK_")) return this.#takeNews(unit.packet);
    }
    const question = this.#questions[0];
    if (question === undefined) throw outOfStep(unit);
    if (question.take(unit)) this.#questions.shift();
  }

  /** News of a job that nobody waits for any more are no concern. */
  #takeNews(packet: Packet): void {
    const handle = decoder.decode(packet.args[0]);
    if (this.#runs.get(handle)?.take(packet)) this.#runs.delete(handle);
  }
}

function request(type: PacketType, ...args: string[]): Uint8Array {
  return encodePacket("REQ", { type, args });
}

/** Reads an answer that is one packet. */
function packetOf<Answer = void>(
  type: PacketType,
  read: (args: string[]) => Answer = () => undefined as Answer,
): ReadAnswer<Answer> {
  return (unit) => {
    if (unit.kind !== "packet") throw outOfStep(unit);
    const args = unit.packet.args.map((arg) => decoder.decode(arg));
    if (unit.packet.type === "ERROR") throw new Refusal(args.join(" "));
    if (unit.packet.type !== type) throw outOfStep(unit);
    return read(args);
  };
}

/** A line of an answer. @throws Refusal where it is `ERR CODE TEXT+WITH+PLUSES` */
function lineIn(unit: Unit): string {
  if (unit.kind !== "line") throw outOfStep(unit);
  const refusal = unit.text.match(/^ERR (\w+(?: [^\t]*)?)$/)?.[1];
  if (refusal !== undefined) throw new Refusal(refusal.replaceAll("+", " ").trim());
  return unit.text;
}

function outOfStep(unit: Unit): Error {
  const what = unit.kind === "packet" ? unit.packet.type : JSON.stringify(unit.text.slice(0, 80));
  return new Error(`it sent ${what} out of turn; check that a Gearman server listens on that port`);
}

function lost(run: JobRun, error: unknown): GearmanError {
  const cause = error instanceof Error ? error : new Error(String(error));
  return run.error(
    "lost",
    `the outcome is unknown: the connection ended while the job was running: ${cause.message}`,
    cause,
  );
}
