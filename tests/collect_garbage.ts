/** Frees the memory that nothing holds any more, for tests of what must not be lost by that. */
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  for (let round = 0; round < 3; round++) {
    // What was made or looked at in this turn of the event loop is kept to its end.
    await setImmediate();
    collect();
  }
}
