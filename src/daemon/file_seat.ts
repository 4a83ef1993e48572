/**
 * The seat of a daemon whose state is a file: the lock beside the file, which one process can have, and the control socket
 * beside it.
 */
import { OtherDaemonError } from "../cli/cli_error.ts";
import type { EnabledParts } from "../cli/wiring.ts";
import { serveControl } from "../control/listen_control.ts";
import { controlSocketPath } from "../control/socket_path.ts";
import type { Config } from "../domain/config.ts";
import { seeManual } from "../domain/see_manual.ts";
import { durationText, SECOND } from "../domain/time.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { endsInTime } from "../lib/deadline.ts";
import { loggerOf } from "../lib/logging.ts";
import { systemRandom } from "../lib/random.ts";
import type { SteadyClock } from "../lib/steady_clock.ts";
import { checkAlone, LEAVING_TIME } from "./check_alone.ts";
import type { Seat } from "./seat.ts";
import { serveSite } from "../site/serve_site.ts";
import { openKvStore } from "../store/open_state.ts";
import { lockState } from "../store/state_lock.ts";
import { StoreError } from "../store/store.ts";

const CLOSING_TIME = 20 * SECOND;

const log = loggerOf("state");

/** @throws OtherDaemonError where another process has it, as far as anybody can know */
export async function takeFile({ state }: Config, parts: EnabledParts): Promise<Disposable> {
  using taking = new DisposableStack();
  taking.use(await takeLock(state, parts));
  // Somebody may have removed the lock's file.
  const path = controlSocketPath(state);
  await checkAlone(
    path,
    `another daemon listens on ${path}, whose lock ${state}.lock was removed: stop it first`,
  );
  return taking.move();
}

/** For the process that has taken the file. @throws StoreError */
export async function openFileSeat(config: Config, { clock }: { clock: SteadyClock }): Promise<Seat> {
  const store = await openKvStore(config.state, { clock, random: systemRandom });
  return {
    store,
    config,
    machines: null,
    left: new Promise(() => {}),
    serveControl: (pool, options) =>
      serveControl(pool, { socketPath: controlSocketPath(config.state), ...options }),
    serveSite: (site, options) => serveSite(site, { listen: config.status.listen, ...options }),
    [Symbol.asyncDispose]: () => closeState(store, { clock }),
  };
}

/** Lets the write in progress end, in time: on a file system that does not answer it ends with the process, as by a kill. */
export async function closeState(store: AsyncDisposable, { clock }: { clock: Clock }): Promise<void> {
  const { signal } = new AbortController();
  const closing = Promise.resolve(store[Symbol.asyncDispose]());
  if (await endsInTime(closing, { clock, timeout: CLOSING_TIME, signal })) return;
  const problem = "its file system does not answer; the daemon ends without waiting for it";
  log.error(`the state did not close within {length}: ${problem}`, { length: durationText(CLOSING_TIME) });
}

/** @throws OtherDaemonError where another process has it */
async function takeLock(state: string, parts: EnabledParts): Promise<Disposable> {
  try {
    const role = !parts.pool ? " --builder-only" : parts.builds ? "" : " --no-builder";
    return await lockState(state, {
      holder: `nodepool daemon${role}`,
      clock: systemClock,
      wait: LEAVING_TIME,
    });
  } catch (error) {
    if (!(error instanceof StoreError) || error.kind !== "locked") throw error;
    // In 2016, one process ran the pool and another built its images.
    const isHalf = parts.pool !== parts.builds;
    const advice = isHalf ? INSTEAD_OF_HALVES : STOP_THE_OTHER;
    throw new OtherDaemonError(`${error.message}: ${advice}; ${seeManual("state-in-use")}`);
  }
}

const STOP_THE_OTHER =
  "stop that one first, or set a different `state` for this one; one daemon runs the pool and builds its images too";
const INSTEAD_OF_HALVES =
  "one daemon runs the pool and builds its images too: stop that one, and run nodepoold alone, without --no-builder, " +
  "in place of `nodepoold --no-builder` and nodepool-builder";
