/** How a daemon in the background tells the process that started it of its start; see `start_in_background.ts`. */

/** It runs: nobody waits any more. Who waited may be gone, and the file with it. */
export function reportRunning(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** @param lines why it does not run */
export function reportFailure(path: string, lines: readonly string[]): void {
  Deno.writeTextFileSync(path, lines.map((line) => `${line}\n`).join(""));
}
