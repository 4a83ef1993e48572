/**
 * How a pool ends: each part in its turn, whatever becomes of the others, the state last, so that what they have come to
 * is stored. `Pool` calls it once.
 */
import type { Milliseconds } from "../domain/time.ts";
import { endsInTime } from "../lib/deadline.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Watching } from "./add_tasks.ts";
import type { Parts } from "./open_parts.ts";

const log = loggerOf("pool");

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
  const { stateWatch, clockWatch, deps: { machines } } = parts;
  const isLost = stateWatch.isLost || machines?.leadership.isLost === true;
  const stack = new AsyncDisposableStack();
  stack.use(parts.ledger);
  stack.use(parts.defects);
  stack.use(watching.log);
  stack.use(watching.plans);
  stack.use(watching.metrics);
  stack.use(parts.sampler);
  stack.use(parts.watches);
  stack.use(parts.gearman);
  stack.use(parts.targets);
  stack.use(parts.executor);
  // Answers that cannot be stored are not worth waiting for.
  if (!isLost) stack.defer(() => lettingFinish(parts, grace));
  // A script or an upload would outlast any grace; the next process takes them up.
  stack.use(parts.imageExecutor);
  stack.use(parts.builders);
  if (!isLost) stack.defer(() => clockWatch.save());
  stack.use(stateWatch);
  stack.use(parts.tasks);
  stack.use(parts.jobEvents);
  stack.use(parts.inForce);
  stack.use(watching.config);
  stack.use(parts.desk);
  stack.use(parts.events);
  return stack;
}

/** Requests in progress are worth their answers: a lost one has to be looked for after the next start. */
async function lettingFinish({ executor, clock }: Parts, timeout: Milliseconds): Promise<void> {
  await endsInTime(executor.settledButLogins(), { clock, timeout, signal: new AbortController().signal });
}

function failuresOf(error: unknown): readonly unknown[] {
  return error instanceof SuppressedError ? [...failuresOf(error.suppressed), error.error] : [error];
}
