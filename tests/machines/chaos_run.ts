/**
 * One seeded run: a busy pool on several machines with troubles at random instants, one over the other; then one that
 * strikes the leader alone, by which the takeover is measured; then calm, and the look at what has become of everything.
 */
import { type Milliseconds, SECOND } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { errorChain } from "../../src/lib/error_chain.ts";
import { type Random, seededRandom } from "../../src/lib/random.ts";
import { BusyPool } from "./busy_pool.ts";
import type { Machines } from "./machines.ts";
import { fatalTrouble, someTrouble } from "./trouble.ts";

const TROUBLES = 6;
/** Longest time between two of them. */
const GAP = 3 * SECOND;

/** From calm to rest; files of a killed build wait for 20 s. What takes longer is worth a look at its logs. */
const SLOW = 40 * SECOND;

export interface ChaosReport {
  readonly seed: number;
  /** What was done, and when, for people. */
  readonly lines: readonly string[];
  /** Until the standby led after the leader alone was struck; null: it did not come to that. */
  readonly takeover: Milliseconds | null;
  readonly jobs: number;
  /** What is wrong; null: all is well. */
  readonly violation: string | null;
  /** Where its logs and journal are; null: it was soon sound. */
  readonly evidence: string | null;
  readonly time: Milliseconds;
}

interface ChaosOptions {
  readonly seed: number;
  /** Where the logs and the journal go when something is wrong, or slow. */
  readonly logs?: string;
}

export async function runChaos({ seed, logs }: ChaosOptions): Promise<ChaosReport> {
  const startedAt = systemClock.monotonic();
  const since = () => systemClock.monotonic() - startedAt;
  const lines: string[] = [];
  const tell = (what: string) => lines.push(`+${(since() / SECOND).toFixed(1)} s ${what}`);
  const random = seededRandom(seed);
  let takeover: Milliseconds | null = null;
  await using busy = await BusyPool.start({
    seed,
    ...(seed % 2 === 0
      ? { builders: ["builder"] }
      : { builders: ["builder", "second"], leadersBuild: false }),
  });
  tell("everything is ready");
  let violation: string | null = null;
  let calmAt = Infinity;
  try {
    await busy.whileBusy(async () => {
      await playTroubles(busy, { random, tell });
      takeover = await measureTakeover(busy, { random, tell });
    });
    tell("calm");
    calmAt = since();
    await busy.assertSound();
    tell("sound");
  } catch (error) {
    violation = errorChain(error);
  }
  const time = since();
  const isKept = logs !== undefined && (violation !== null || time - calmAt > SLOW);
  const evidence = isKept ? `${logs}/seed-${seed}` : null;
  if (evidence !== null) await busy.keepEvidence(evidence);
  return { seed, lines, takeover, jobs: busy.traffic.grants.length, violation, evidence, time };
}

interface Play {
  readonly random: Random;
  readonly tell: (what: string) => void;
}

async function playTroubles({ machines }: BusyPool, { random, tell }: Play): Promise<void> {
  const playing: Promise<void>[] = [];
  for (let count = 0; count < TROUBLES; count++) {
    await systemClock.sleep(random.integer(GAP));
    const trouble = await someTrouble(machines, random);
    tell(trouble.what);
    const play = trouble.play();
    // It may fail before it is waited for.
    play.catch(() => {});
    playing.push(play);
  }
  await Promise.all(playing);
}

/** Waits until all is as it should be, strikes the leader, and waits for the standby to lead. */
async function measureTakeover({ machines }: BusyPool, { random, tell }: Play): Promise<Milliseconds> {
  const { leader, record } = await certainLeader(machines, random);
  const trouble = fatalTrouble(leader, random);
  tell(trouble.what);
  const struckAt = systemClock.monotonic();
  trouble.strike();
  const next = await machines.leadsAfter(record);
  const time = systemClock.monotonic() - struckAt;
  tell(`${next.name} leads after ${(time / SECOND).toFixed(1)} s`);
  trouble.end();
  return time;
}

/** The one that leads, with a standby, a while after the last trouble: what that did to a lease may show late. */
async function certainLeader(machines: Machines, random: Random) {
  for (;;) {
    const leader = await machines.leads(...machines.daemons);
    await machines.joins(machines.standbyOf(leader));
    await systemClock.sleep(random.integer(2_500));
    const record = await machines.leaderRecord();
    if (record !== null && record.record.pid === leader.pid) return { leader, record };
  }
}
