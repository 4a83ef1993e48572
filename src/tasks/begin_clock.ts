/**
 * At a start: where the count of time is taken up (`lib/steady_clock.ts`). Time has passed since the last process wrote
 * something, and the machine's clock says how much; but that may have been set meanwhile. Set back over the newest
 * record, it shows by itself. Set forward, it looks like a long pause, which only the clouds' clocks can confirm: they
 * are asked before anything is planned, and what none of them confirms does not count. So nothing is ended for an age
 * that nobody has seen it reach.
 */
import type { Cloud } from "../cloud/cloud.ts";
import type { CloudClock } from "../domain/clock_record.ts";
import type { ProviderConfig } from "../domain/config.ts";
import { durationText, type Instant, type Milliseconds, MINUTE, SECOND } from "../domain/time.ts";
import { loggerOf } from "../lib/logging.ts";
import { inTime } from "../lib/deadline.ts";
import type { SteadyClock } from "../lib/steady_clock.ts";
import type { Ledger } from "../store/ledger.ts";
import { newestInstant } from "../store/newest_instant.ts";

interface BeginClockDeps {
  readonly clock: SteadyClock;
  readonly ledger: Ledger;
  readonly providers: readonly ProviderConfig[];
  readonly openCloud: (provider: ProviderConfig) => Cloud;
  /** Its abort ends the wait for clouds. */
  readonly signal: AbortSignal;
}

/** Clocks that are kept right differ by less. */
const TOLERANCE = MINUTE;
/** Clouds that do not answer must not keep the daemon from starting. */
const ANSWER_WAIT = 10 * SECOND;

const log = loggerOf("clock");

/** @returns by how much the machine's clock was set while no process ran; 0: it was not, as far as can be told. @throws the signal's reason */
export async function beginClock(deps: BeginClockDeps): Promise<Milliseconds> {
  const { clock, ledger } = deps;
  const { wallOffset = 0 } = ledger.clockRecord ?? {};
  const newest = await newestInstant(ledger) ?? -Infinity;
  const claimed = () => clock.wall() - wallOffset;
  const lived = await countFrom({ newest, claimed, deps });
  clock.continueFrom(lived);
  const step = claimed() - clock.now();
  if (Math.abs(step) < TOLERANCE) return 0;
  const length = durationText(Math.abs(step));
  if (step < 0) {
    log.warning("the machine's clock was set back by {length} while no daemon ran", { length });
  } else {
    log.warning(
      "the machine's clock went forward by {length} while no daemon ran, and no cloud's clock confirms it: " +
        "ages ignore that time",
      { length },
    );
  }
  return step;
}

async function countFrom(
  { newest, claimed, deps }: { newest: Instant; claimed: () => Instant; deps: BeginClockDeps },
): Promise<Instant> {
  const known = deps.ledger.clockRecord?.clouds ?? [];
  const isShort = claimed() - newest < TOLERANCE;
  if (isShort || known.length === 0) return Math.max(claimed(), newest);
  const startedAt = deps.clock.monotonic();
  const proven = await askClouds(known, deps);
  if (proven === null) return newest + deps.clock.monotonic() - startedAt;
  if (Math.abs(claimed() - proven) < TOLERANCE) return claimed();
  return Math.min(Math.max(proven, newest), claimed());
}

/** The time that it is by the first cloud that answers; null: none has in time. */
async function askClouds(known: readonly CloudClock[], deps: BeginClockDeps): Promise<Instant | null> {
  const { clock, providers } = deps;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, deps.signal]);
  const asked = known.flatMap((cloud) => {
    const provider = providers.find(({ name }) => name === cloud.provider);
    return provider === undefined ? [] : askCloud(cloud, { provider, deps, signal });
  });
  const first = await inTime(Promise.any(asked), { clock, timeout: ANSWER_WAIT, signal }).catch(() => null);
  over.abort(new DOMException("another cloud answered first, or time ran out", "AbortError"));
  await Promise.allSettled(asked);
  deps.signal.throwIfAborted();
  return first;
}

async function askCloud(
  { ahead }: CloudClock,
  { provider, deps: { clock, openCloud }, signal }: {
    provider: ProviderConfig;
    deps: BeginClockDeps;
    signal: AbortSignal;
  },
): Promise<Instant> {
  await using cloud = openCloud(provider);
  // A short list, whose answer has the cloud's time.
  const { cloudAhead } = await cloud.listServers({ signal, changesSince: clock.now() + ahead });
  if (cloudAhead === null) throw new Error(`the response of ${provider.name} has no Date header`);
  return clock.now() + cloudAhead.atLeast - ahead;
}
