/**
 * The outermost wall of a process that must go on: what is thrown where nobody catches it (a timer, an event, a promise
 * that nobody waits for) is logged instead of ending the process. What the process decides by is in its state, never in
 * work that was lost so. The daemon has it from when it can log.
 */
import { logDefect } from "./bulkhead.ts";

const WHERE = "work that nobody waits for";

/** Until it is disposed of. */
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
