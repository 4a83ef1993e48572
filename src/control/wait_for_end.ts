/** Waits until a node has left the pool. */
import type { Ledger } from "../store/ledger.ts";

/** Resolves at once where it is not there; rejects with the signal's reason on abort. */
export function waitForEnd(
  nodeId: number,
  { ledger, signal }: { ledger: Ledger; signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    if (!ledger.nodes.has(nodeId)) return resolve();
    const end = (settle: () => void) => {
      subscription[Symbol.dispose]();
      signal.removeEventListener("abort", abort);
      settle();
    };
    const abort = () => end(() => reject(signal.reason));
    const subscription = ledger.subscribe(() => {
      if (!ledger.nodes.has(nodeId)) end(resolve);
    });
    signal.addEventListener("abort", abort, { once: true });
  });
}
