/** Measures for how long at once the event loop was kept from other work. */
import { threadTime } from "../thread_time.ts";

interface BlockWatch extends AsyncDisposable {
  /** Milliseconds, the longest so far. */
  readonly longest: number;
}

/**
 * Watches until it is disposed of. A gap counts for no more than the processor time that its thread got, so that a busy
 * machine, which lets it wait, is not taken for a block.
 */
export function watchBlocks(): BlockWatch {
  let [longest, stopped] = [0, false];
  let [wall, used] = [performance.now(), threadTime()];
  const look = () => {
    const [nextWall, nextUsed] = [performance.now(), threadTime()];
    longest = Math.max(longest, Math.min(nextWall - wall, nextUsed - used));
    [wall, used] = [nextWall, nextUsed];
  };
  const loop = (async () => {
    while (!stopped) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      look();
    }
  })();
  return {
    get longest() {
      look();
      return longest;
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      await loop;
    },
  };
}
