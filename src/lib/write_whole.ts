/** Text to one of the process's own outputs, all of it. */

const encoder = new TextEncoder();

/** Milliseconds. */
const PAUSE = 5;

/**
 * Returns once everything is written, also to a pipe that some other process has set not to block: while it is full,
 * the kernel would take a part and refuse the rest.
 */
export function writeWhole(stream: Pick<typeof Deno.stdout, "writeSync">, text: string): void {
  let rest = encoder.encode(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(stream.writeSync(rest));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }
}
