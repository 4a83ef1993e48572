/**
 * How a pool ends: each part in turn, even if others fail, and within a time limit; the state last, so that their
 * results are stored. `Pool` calls it once.
 */
import { durationText, type Milliseconds, SECOND } from "../domain/time.ts";
import { NEVER } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { endsInTime } from "../lib/deadline.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Watching } from "./add_tasks.ts";
import type { Parts } from "./open_parts.ts";

const log = loggerOf("pool");

/**
 * For a part to end, which takes a moment; those that build images give programs time to clean up, and a slow disk may still
 * write all that was asked for.
 */
const PATIENCE = 10 * SECOND;
const BUILD_PATIENCE = 30 * SECOND;
const STATE_PATIENCE = 20 * SECOND;

/**
 * Stops every task, waits for what is being stored, closes the clouds. The store is its maker's.
 * @param grace how long attempts in progress may go on
 */
export async function closeParts(parts: Parts, watching: Watching, grace: Milliseconds): Promise<void> {
  try {
    await closing(parts, watching, grace).disposeAsync();
  } catch (error) {
    for (const failure of failuresOf(error)) {
      log.error("closing the pool failed: {error}", { error: errorChain(failure) });
    }
  }
}

/** Read from its end: what is put in last is ended first. */
function closing(parts: Parts, watching: Watching, grace: Milliseconds): AsyncDisposableStack {
  const { stateWatch, clockWatch, clock, deps: { machines } } = parts;
  const isLost = stateWatch.isLost || machines?.leadership.isLost === true;
  const stack = new AsyncDisposableStack();
  const inTime = (name: string, part: AsyncDisposable | null, timeout = PATIENCE) =>
    stack.defer(() => end(name, { part, clock, timeout }));
  inTime("the state", parts.ledger, STATE_PATIENCE);
  stack.use(parts.defects);
  stack.use(watching.log);
  stack.use(watching.plans);
  inTime("metrics", watching.metrics);
  stack.use(parts.sampler);
  inTime("the connections to clouds", parts.watches);
  inTime("the connections to Gearman servers", parts.gearman);
  inTime("the connections to targets", parts.targets);
  inTime("work on nodes", parts.executor);
  // Answers that cannot be stored are not worth waiting for.
  if (!isLost) stack.defer(() => lettingFinish(parts, grace));
  // A script or an upload would outlast any grace; the next process takes them up.
  inTime("work on images", parts.imageExecutor, BUILD_PATIENCE);
  stack.use(parts.builders);
  if (!isLost) inTime("the record of clocks", { [Symbol.asyncDispose]: () => clockWatch.save() });
  inTime("the watch over the state", stateWatch);
  inTime("the tasks", parts.tasks);
  inTime("the connections to publishers", parts.jobEvents);
  inTime("the configuration", parts.inForce);
  inTime("the watch over the configuration", watching.config);
  stack.use(parts.desk);
  stack.use(parts.events);
  return stack;
}

/** A part that waits for a file system or a peer that does not answer is left to end with the process, as by a kill. */
async function end(
  name: string,
  { part, ...limits }: { part: AsyncDisposable | null; clock: Clock; timeout: Milliseconds },
): Promise<void> {
  if (part === null) return;
  const { signal } = new AbortController();
  if (await endsInTime(Promise.resolve(part[Symbol.asyncDispose]()), { ...limits, signal })) return;
  const length = durationText(limits.timeout);
  log.error("closing the pool: {name}: did not end within {length}; the daemon ends without waiting for it", {
    name,
    length,
  });
}

/** Requests in progress are worth their answers: the effect of a lost one must be looked for after the next start. */
async function lettingFinish({ executor, clock }: Parts, timeout: Milliseconds): Promise<void> {
  // Logins may take long, and are simply tried again.
  const answers = executor.settled((what) => what !== "login");
  await endsInTime(answers, { clock, timeout, signal: NEVER });
}

function failuresOf(error: unknown): readonly unknown[] {
  return error instanceof SuppressedError ? [...failuresOf(error.suppressed), error.error] : [error];
}
