/** Has every part of a pool go by a configuration. Called by the configuration's queue only, never twice at once. */
import type { Config } from "../domain/config.ts";
import { eachInTurn } from "../lib/each_in_turn.ts";
import type { Errand } from "../tasks/errand.ts";
import type { GearmanDemand } from "../tasks/gearman_demand.ts";
import type { JobEventFeed } from "../tasks/job_event_feed.ts";
import type { PoolCrons } from "../tasks/pool_crons.ts";
import type { ProviderWatches } from "../tasks/provider_watches.ts";
import type { TargetWatches } from "../tasks/target_watches.ts";
import type { PoolParts } from "./pool_deps.ts";

interface Configured {
  readonly does: PoolParts;
  readonly errand: Errand | null;
  readonly watches: ProviderWatches;
  readonly gearman: GearmanDemand;
  readonly targets: TargetWatches;
  readonly jobEvents: JobEventFeed;
  readonly crons: PoolCrons;
  readonly wake: () => void;
}

/** @throws what parts could not do; the others go by it all the same */
export async function applyConfig(parts: Configured, config: Config): Promise<void> {
  const { does, errand, watches, gearman, targets, jobEvents, crons, wake } = parts;
  const nobody = { targets: [], gearmanServers: [], zmqPublishers: [] };
  // A process that only builds hands no nodes out, and nobody tells it of jobs.
  const { gearmanServers, ...served } = does.pool ? config : { ...config, ...nobody };
  try {
    await eachInTurn([
      () => watches.configure(config.providers),
      () => gearman.configure(gearmanServers),
      () => targets.configure(served.targets),
      ...(errand === null ? [() => jobEvents.configure(served), () => crons.configure(config)] : []),
    ]);
  } finally {
    wake();
  }
}
