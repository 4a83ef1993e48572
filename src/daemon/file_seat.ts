/**
 * The seat of a daemon whose state is a file: the lock beside the file, which one process can have, and the control socket
 * beside it.
 */
import { OtherDaemonError } from "../cli/cli_error.ts";
import type { EnabledParts } from "../cli/wiring.ts";
import { connectionKind } from "../control/connection_kind.ts";
import { serveControl } from "../control/serve_control.ts";
import { controlSocketPath } from "../control/socket_path.ts";
import type { Config } from "../domain/config.ts";
import { seeManual } from "../domain/see_manual.ts";
import { systemClock } from "../lib/clock.ts";
import { systemRandom } from "../lib/random.ts";
import type { SteadyClock } from "../lib/steady_clock.ts";
import type { Seat } from "./seat.ts";
import { serveSite } from "../site/serve_site.ts";
import { openKvStore } from "../store/kv_store.ts";
import { lockState } from "../store/state_lock.ts";
import { StoreError } from "../store/store.ts";

/** @throws OtherDaemonError where another process has it, as far as anybody can know */
export async function takeFile({ state }: Config, parts: EnabledParts): Promise<Disposable> {
  const lock = await takeLock(state, parts);
  try {
    await checkAlone(state);
    return lock;
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** For whoever has taken the file. @throws StoreError */
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
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** @throws OtherDaemonError where another process has it */
async function takeLock(state: string, parts: EnabledParts): Promise<Disposable> {
  try {
    return await lockState(state, {
      holder: `nodepool daemon${roleOf(parts)}`,
      clock: systemClock,
      wait: LOCK_WAIT,
    });
  } catch (error) {
    if (!(error instanceof StoreError) || error.kind !== "locked") throw error;
    const advice = isHalf(parts) ? INSTEAD_OF_HALVES : STOP_THE_OTHER;
    throw new OtherDaemonError(`${error.message}: ${advice}; ${seeManual("state-in-use")}`);
  }
}

const STOP_THE_OTHER =
  "stop that one first, or set a different `state` for this one; one daemon runs the pool and builds its images too";
const INSTEAD_OF_HALVES =
  "one daemon runs the pool and builds its images too: stop that one, and run nodepoold alone, without --no-builder, " +
  "in place of `nodepoold --no-builder` and nodepool-builder";

/** In 2016, one process ran the pool and another built its images. */
function isHalf({ pool, builds }: EnabledParts): boolean {
  return pool !== builds;
}

function roleOf({ pool, builds }: EnabledParts): string {
  if (!pool) return " --builder-only";
  return builds ? "" : " --no-builder";
}

/** @throws OtherDaemonError where a daemon runs although its lock could be taken: somebody has removed the lock's file */
async function checkAlone(state: string): Promise<void> {
  const path = controlSocketPath(state);
  const deadline = systemClock.monotonic() + LOCK_WAIT;
  // A socket that cannot be reached is reported when ours is made.
  while (await connectionKind(path).catch(() => null) === "listening") {
    if (systemClock.monotonic() < deadline) await systemClock.sleep(LOOK);
    else {
      throw new OtherDaemonError(
        `another daemon listens on ${path}, whose lock ${state}.lock was removed: stop it first`,
      );
    }
  }
}

/** A command that works without a daemon holds the lock for less than this, and so does a process that is being killed. */
const LOCK_WAIT = 2_000;

/** Between two looks at a socket. */
const LOOK = 50;
