/**
 * A wall around what others have given to be called: what a callback throws, or its promise is rejected with, is
 * logged as a defect and goes no further. Code that calls something that is not its own, and must go on afterwards,
 * calls it here.
 */
import { errorChain } from "./error_chain.ts";
import { loggerOf } from "./logging.ts";

const log = loggerOf("daemon");

/** @param where names the place in the log: `a listener for state changes` */
export function bulkhead(where: string, call: () => unknown): void {
  contain(call, { onDefect: (error) => logDefect(where, error) });
}

/** Calls it, and one of the two: `onWell` where all went well, `onDefect` with what was thrown. */
export function contain(
  call: () => unknown,
  { onWell = () => {}, onDefect }: { onWell?: () => void; onDefect: (error: unknown) => void },
): void {
  try {
    const result = call();
    if (result instanceof Promise) result.then(onWell, onDefect);
    else onWell();
  } catch (error) {
    onDefect(error);
  }
}

export function logDefect(where: string, error: unknown): void {
  log.error("defect in {where}: {error}", {
    where,
    error: errorChain(error),
    stack: stackOf(error),
  });
}

function stackOf(error: unknown): string | undefined {
  try {
    return error instanceof Error ? error.stack : undefined;
  } catch {
    return undefined;
  }
}

const WHERE = "work that nobody waits for";

/**
 * The outermost wall of a process that must go on, until it is disposed of: what is thrown where nobody catches it (a timer,
 * an event, a promise that nobody waits for) is logged instead of ending the process. What the process decides by is in its
 * state, never in work that was lost so. The daemon has it from when it can log.
 */
export function catchStrayDefects(): Disposable {
  const rejected = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    logDefect(WHERE, event.reason);
  };
  const thrown = (event: ErrorEvent) => {
    event.preventDefault();
    logDefect(WHERE, event.error);
  };
  globalThis.addEventListener("unhandledrejection", rejected);
  globalThis.addEventListener("error", thrown);
  return {
    [Symbol.dispose]() {
      globalThis.removeEventListener("unhandledrejection", rejected);
      globalThis.removeEventListener("error", thrown);
    },
  };
}
