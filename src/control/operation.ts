/**
 * One operation of the pool: its descriptor says everything about it. The socket's routes, the client, the pool
 * without a daemon and the types are derived from it (`operations.ts` has them all).
 */
import * as v from "valibot";
import type { PoolReport } from "../domain/pool_report.ts";
import { LAST_INSTANT, LONGEST_TIME } from "../domain/time.ts";
import type { DaemonPool, StatePool } from "./operated_pool.ts";
import type { Call } from "../lib/call.ts";

/** The kinds of pools that operations work on, by what they need. */
interface Pools {
  readonly state: Omit<StatePool, "config">;
  readonly config: StatePool;
  readonly daemon: DaemonPool;
}

export interface Operation<
  Needs extends keyof Pools = keyof Pools,
  Request extends v.GenericSchema = v.GenericSchema,
  Answer extends v.GenericSchema = v.GenericSchema,
> {
  /**
   * Method and path on the control socket. `:name` in the path is that key of the request; the others go in the query,
   * with POST in the body.
   */
  readonly route: `${"GET" | "POST" | "DELETE"} /${string}`;
  /** With `state` it works on the state alone, too, while no daemon runs; with `config` on both. */
  readonly needs: Needs;
  /** An object's, that has no other keys: what an older daemon does not know, it must not pass over. */
  readonly request: Request;
  /** `nothing`, `stream`, or what JSON can hold. */
  readonly answer: Answer;
  /**
   * Takes as long as it needs: one that waits, or writes a stream, ends with the signal.
   * @throws ControlError for what the pool refuses
   */
  run(
    pool: Pools[Needs],
    request: v.InferOutput<Request>,
    options: Call,
  ): v.InferOutput<Answer> | Promise<v.InferOutput<Answer>>;
  /** The answer as JSON in UTF-8, where there is a faster way to it. `tag`: another one for other contents. */
  json?(report: PoolReport, request: v.InferOutput<Request>): {
    readonly tag: string;
    make(): Promise<Uint8Array<ArrayBuffer>>;
  };
}

export function operation<
  Needs extends keyof Pools,
  Request extends v.GenericSchema,
  Answer extends v.GenericSchema,
>(descriptor: Operation<Needs, Request, Answer>): Operation<Needs, Request, Answer> {
  return descriptor;
}

/** It is done, and there is nothing to say. */
export const nothing = v.void();

export const stream = v.custom<ReadableStream<Uint8Array>>((given) => given instanceof ReadableStream);

/** The limits are written out when somebody has missed them: the first number in an English text costs each start 12 ms. */
function textOf({ least, most }: { least: number; most: number }) {
  const limits = () =>
    `use ${least === 0 ? "at most" : `${least} to`} ${most.toLocaleString("en")} characters`;
  return v.pipe(v.string(), v.minLength(least, limits), v.maxLength(most, limits));
}

/** The values that requests consist of. */
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const fromPath = v.pipe(v.string(), v.regex(/^\d{1,15}$/, "an id is a whole number"), v.transform(Number));
export const id = v.union([whole, fromPath], "an id is a whole number") as unknown as v.GenericSchema<number>;
export const ids = v.pipe(v.array(whole), v.minLength(1), v.maxLength(10_000), v.readonly());
export const name = textOf({ least: 1, most: 255 });
export const note = textOf({ least: 0, most: 1_000 });
/** Less than what a node keeps of its job's name, so that the two can be compared. */
export const jobName = v.pipe(
  v.string(),
  v.check((text) => /^\P{Cc}+$/u.test(text) && text.length <= 255, "use 1 to 255 printable characters"),
);
const COUNT = "give a whole number of at least 1";
export const count = v.pipe(
  v.number(COUNT),
  v.check((number) => Number.isSafeInteger(number) && number >= 1, COUNT),
);
/** `provider` null: the order of a diskimage. */
export const orderName = v.object({ provider: v.nullable(v.string()), image: v.string() });
/** By the machine's clock. */
export const instant = v.pipe(
  whole,
  v.maxValue(LAST_INSTANT, "a time is in milliseconds since 1970, no later than the year 9999"),
);
export const milliseconds = v.pipe(
  whole,
  v.maxValue(LONGEST_TIME, "a duration is in milliseconds, at most 100 years"),
);
/** The outcome for one of several ids: each is reported, none stops the others. */
const idOutcome = v.object({
  id: v.number(),
  ok: v.boolean(),
  /**
   * A success's follows the name of the node, image or job (`held`); a failure's is a sentence that names the node
   * itself (`there is no node 7`).
   */
  message: v.string(),
  /** True: it was to go, and stays, since somebody holds it. */
  stays: v.optional(v.boolean()),
});
export const idOutcomes = v.pipe(v.array(idOutcome), v.readonly());

export type IdOutcome = v.InferOutput<typeof idOutcome>;
