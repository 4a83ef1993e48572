/** Work with something beside it that ends with it: a command that says what it waits for. */
import type { Call } from "./call.ts";

/**
 * @param beside begins at once, and ends when its signal is aborted: at the work's end, or with the caller's
 * @throws what the work throws; else what `beside` throws
 */
export async function meanwhile<Result, Beside>(
  beside: (call: Call) => Promise<Beside>,
  work: (beside: Promise<Beside>) => Promise<Result>,
  { signal }: Call,
): Promise<Result> {
  const over = new AbortController();
  const going = beside({ signal: AbortSignal.any([signal, over.signal]) });
  // Thrown at the end; until then nobody may be waiting for it.
  going.catch(() => {});
  try {
    return await work(going);
  } finally {
    over.abort(new Error("over"));
    await going;
  }
}
