/** Measures how much is done of something between two turns of the event loop: a count, so that load does not matter. */

interface DoneAtOnce extends AsyncDisposable {
  /** The most so far. */
  readonly most: number;
}

/** @param done how much is done so far; it never goes back */
export function watchDoneAtOnce(done: () => number): DoneAtOnce {
  let [before, most, stopped] = [done(), 0, false];
  const look = () => {
    most = Math.max(most, done() - before);
    before = done();
  };
  const loop = (async () => {
    while (!stopped) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      look();
    }
  })();
  return {
    get most() {
      look();
      return most;
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      await loop;
    },
  };
}
