/** Measures for how long at once the event loop was kept from other work. */

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
  let [wall, used] = [performance.now(), processorTime()];
  const look = () => {
    const [nextWall, nextUsed] = [performance.now(), processorTime()];
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

/** Milliseconds that this thread has run so far; where Linux does not tell, every gap counts in full. */
function processorTime(): number {
  try {
    return Number(Deno.readTextFileSync("/proc/thread-self/schedstat").split(" ")[0]) / 1e6;
  } catch {
    return performance.now();
  }
}
