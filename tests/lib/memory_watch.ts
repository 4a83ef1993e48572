/**
 * How much memory a test's own code holds at most, while other tests run beside it in the same process. It includes
 * what waits to be collected, so that bounds can only be told from quantities that are far larger.
 */

interface MemoryWatch extends Disposable {
  /** Bytes more than at the start. */
  readonly most: () => number;
}

/** Looks again and again until it is disposed of. */
export function watchMemory(): MemoryWatch {
  const before = held();
  let most = 0;
  const timer = setInterval(() => most = Math.max(most, held() - before), 5);
  return { most: () => most, [Symbol.dispose]: () => clearInterval(timer) };
}

/** Of this isolate: objects, and the buffers behind them. */
function held(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
