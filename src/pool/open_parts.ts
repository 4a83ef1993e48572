/**
 * Opens the parts of a pool, each on those that it needs: the state and the tasks, what looks at clouds and at this
 * machine, where demand comes from, what carries out plans, and the tick over them. Nothing runs yet. What each part
 * does stands in its own file; how they hang together stands here. `Pool.start` calls it.
 */
import type { Config, ProviderConfig, TargetConfig } from "../domain/config.ts";
import { Executor } from "../execute/executor.ts";
import { BuilderDesk } from "../builders/builder_desk.ts";
import { ImageExecutor } from "../execute/images/image_executor.ts";
import { localSites, lookAtBuilds } from "../execute/images/local_site.ts";
import { PrivateKeys } from "../execute/credentials.ts";
import { NEVER } from "../lib/call.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";
import { EventFeed } from "../control/event_feed.ts";
import { RequestDesk } from "../control/request_desk.ts";
import { LaunchOverhead } from "../metrics/launch_overhead.ts";
import type { Send } from "../http/send.ts";
import { buildWhileSure, sendWhileSure, type UntilSure } from "./while_sure.ts";
import { watchedShell } from "../ssh/watched_shell.ts";
import { imageSubject } from "../plan/images/image_action.ts";
import { planEffects } from "../plan/forecast/plan_effects.ts";
import { describeEffects } from "../domain/describe_effects.ts";
import { holdDoubted } from "../rules/hold_stale.ts";
import { Ledger } from "../store/ledger.ts";
import { beginClock } from "../tasks/begin_clock.ts";
import { ClockWatch } from "../tasks/clock_watch.ts";
import { Defects } from "../tasks/defects.ts";
import { Errand } from "../tasks/errand.ts";
import { GearmanDemand } from "../tasks/gearman_demand.ts";
import { JobEventFeed } from "../tasks/job_event_feed.ts";
import { LocalFaults } from "../tasks/local_faults.ts";
import { MachinesWatch } from "../tasks/machines_watch.ts";
import { NewState } from "../tasks/new_state.ts";
import { PoolCrons } from "../tasks/pool_crons.ts";
import { ProviderWatches } from "../tasks/provider_watches.ts";
import { isStopped, StoreError } from "../store/store.ts";
import { StateWatch } from "../tasks/state_watch.ts";
import { TargetWatches } from "../tasks/target_watches.ts";
import { TaskRegistry } from "../tasks/task_registry.ts";
import { Tick } from "../tasks/tick.ts";
import { eachInTurn } from "../lib/each_in_turn.ts";
import { ConfigInForce } from "./config_in_force.ts";
import { jobEnds } from "./job_ends.ts";
import { type PoolDeps, WHOLE_POOL } from "./pool_deps.ts";
import { Sampler } from "../tasks/sampler.ts";
import { runMarks } from "./run_marks.ts";

export type Parts = Awaited<ReturnType<typeof openParts>>;
type Ground = Awaited<ReturnType<typeof openGround>>;
type Sight = ReturnType<typeof openSight>;
type Demand = ReturnType<typeof openDemand>;
type Hands = ReturnType<typeof openHands>;

const DELETES_NOTHING = "this daemon deletes nothing (--no-deletes)";

const log = loggerOf("pool");

export async function openParts(first: Config, given: PoolDeps) {
  const ground = await openGround(first, given);
  const sight = openSight(ground);
  const demand = openDemand(ground);
  const hands = openHands({ ...ground, ...sight, ...demand });
  const tick = openTick({ ...ground, ...sight, ...demand, ...hands });
  const { deps, tasks, does, ledger, clock } = ground;
  const crons = new PoolCrons({ ...deps, ...ground, ...sight, builds: does.builds });
  const configured = { ...ground, ...sight, ...demand, crons };
  const inForce = new ConfigInForce(first, {
    clock: deps.clock,
    read: deps.readConfig,
    overruled: deps.logging?.overruled,
    apply: (next) => applyConfig(configured, next),
    tell: (event) => void ledger.edit((edit) => edit.tell(event)).catch(() => {}),
    effects(before, after) {
      const pool = tick.poolInput();
      const effects = planEffects({ before, after, pool, images: tick.imagesInput() });
      const told = describeEffects(effects, pool);
      return [...told.effects, ...told.warnings];
    },
  });
  const config = () => inForce.current;
  // A pool that does only as it is asked is over before there is much to measure.
  const sampler = ground.errand === null ? new Sampler({ ...ground, config }) : null;
  const { machines } = deps;
  const machinesWatch = machines === null ? null : new MachinesWatch({ machines, ledger, clock, tasks });
  return { ...configured, ...hands, tasks, tick, inForce, sampler, machinesWatch };
}

/**
 * Has every part of the pool go by a configuration. Called by the configuration's queue only, never twice at once.
 * @throws what parts could not do; the others go by it all the same
 */
async function applyConfig(
  { does, errand, watches, gearman, targets, jobEvents, crons, wake }:
    & Ground
    & Sight
    & Demand
    & { crons: PoolCrons },
  config: Config,
): Promise<void> {
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

/** The state, which is told that another run begins, and what all others share. */
async function openGround(config: Config, given: PoolDeps) {
  const deps = whileSure(given);
  const { store, clock, random, metrics, starting: signal = NEVER } = deps;
  const ledger = await Ledger.load(store, { clock, isCounted: true });
  const setBefore = await beginClock({ ...deps, ledger, providers: config.providers, signal });
  const run = runMarks({ ledger, clock, random });
  await run.begin();
  await holdDoubted(ledger, { now: clock.now() });
  const tasks = new TaskRegistry({ clock, onError: logTask, onMended: logMended });
  return {
    deps,
    clock,
    ledger,
    run,
    /** By how much the machine's clock was set while no process ran. */
    setBefore,
    startedAt: clock.now(),
    does: deps.parts ?? WHOLE_POOL,
    errand: deps.isErrand ? new Errand(ledger) : null,
    /** Whether new work is taken on. */
    intake: { isOpen: true },
    tasks,
    defects: new Defects({ ledger, clock }),
    events: new EventFeed({ ledger, clock }),
    wake: () => tasks.wake("tick"),
    jobEnds: jobEnds({ ledger, clock, metrics }),
    overhead: new LaunchOverhead(),
  };
}

/** Opens the parts that look at the state, this machine and the clouds. */
function openSight({ deps, clock, ledger, tasks, wake, does, run, setBefore }: Ground) {
  const stateWatch = new StateWatch({ ledger, clock, tasks, wake });
  const keys = new PrivateKeys({ clock, readFile: deps.readFile });
  const readKey = (path: string) => keys.read(path);
  const watches = new ProviderWatches({
    ledger,
    clock,
    tasks,
    wake,
    metrics: deps.metrics,
    openCloud: deps.openCloud,
    whyFrozen: () => stateWatch.problem ?? (does.deletes ? null : DELETES_NOTHING),
  });
  const clockWatch = new ClockWatch({
    clock,
    setBefore,
    saved: ledger.clockRecord,
    clouds: () => watches.all().map((watch) => [watch.provider.name, watch.cloudAhead] as const),
    save: (record) => ledger.saveClock(record),
    onStep: (by) => {
      tasks.clockSet();
      run.noteStep(by);
    },
  });
  const faults = new LocalFaults({
    clock,
    readKey,
    stat: deps.stat,
    ...(!deps.builders && { lookAtBuilds: () => lookAtBuilds(ledger.dibImages.values(), deps.builder) }),
  });
  const newState = new NewState({
    ledger,
    seen: () => watches.observations(),
    waiting: () => watches.firstLookEnd() !== null,
    isMeant: deps.newState ?? false,
  });
  return { stateWatch, readKey, watches, clockWatch, faults, newState };
}

/** Who asks for nodes, where nodes are handed to, and who tells of jobs on them. */
function openDemand({ deps, clock, ledger, tasks, wake, jobEnds }: Ground) {
  const gearman = new GearmanDemand({ tasks, wake, openGearman: deps.openGearman });
  return {
    desk: new RequestDesk({ ledger, clock, onReturn: wake, untilSure: deps.untilSure }),
    gearman,
    targets: new TargetWatches({ clock, tasks, wake, gearman, openTarget: deps.openTarget }),
    jobEvents: new JobEventFeed({
      ledger,
      clock,
      listen: deps.listenToJobs,
      onJobEnd: (node, { result, branch, job }) => jobEnds.tell(node, { result, branch, job }),
      onError: logFailure,
    }),
  };
}

/** Opens the parts that carry out plans. */
function openHands(
  { deps, ledger, wake, watches, targets, readKey, jobEnds, overhead, defects }: Ground & Sight & Demand,
) {
  const shared = {
    ...deps,
    ledger,
    wake,
    readKey,
    provider: (name: string) => watches.get(name),
  };
  const { clock, untilSure } = deps;
  const builders = deps.builders
    ? new BuilderDesk({ ...deps.builders, ledger, clock, untilSure, wake })
    : null;
  const sites = builders ?? localSites(deps);
  const executor = new Executor({
    ...shared,
    target: (name) => targets.get(name),
    endJob: (nodeId) => jobEnds.end(nodeId),
    ...(deps.metrics === null ? {} : { onWait: overhead }),
    onDefect: ({ type: doing, node: { id } }, error) =>
      defects.noteAttempt({ of: { kind: "node", id }, doing, error }),
  });
  const imageExecutor = new ImageExecutor({
    ...shared,
    sites,
    trimLogs: (folder, options) => deps.builder.trimLogs(folder, options),
    onDefect: (action, error) => defects.noteAttempt({ of: imageSubject(action), doing: action.type, error }),
  });
  return { executor, imageExecutor, sites, builders };
}

function openTick(
  { deps, clock, ledger, does, errand, intake, ...parts }: Ground & Sight & Demand & Hands,
): Tick {
  const { executor, imageExecutor, watches, targets, desk, gearman, jobEvents, faults } = parts;
  return new Tick({
    ledger,
    executor,
    imageExecutor,
    errand,
    clock,
    defects: parts.defects,
    places: parts.sites,
    parts: does,
    random: deps.random,
    look: () => ({
      wallOffset: parts.clockWatch.wallOffset,
      seen: watches.observations(),
      faults: faults.found,
    }),
    asked: () => ({
      targets: targets.states(),
      deserted: desk.deserted,
      demand: gearman.demand,
      heardSince: jobEvents.heardSince,
    }),
    launching: () => watches.firstLookEnd() === null,
    accepting: () => intake.isOpen && parts.newState.isClear && parts.stateWatch.problem === null,
  });
}

/** The ports that have an effect outside of the state, each behind the one question whether this process leads. */
function whileSure({ machines = null, shell, builder, openCloud, openTarget, ...others }: PoolDeps) {
  const untilSure: UntilSure = machines === null
    ? () => Promise.resolve()
    : (call) => machines.leadership.untilSure(call);
  const through = (send: Send) => machines === null ? send : sendWhileSure(send, machines.leadership);
  return {
    ...others,
    machines,
    untilSure,
    shell: watchedShell(shell, untilSure),
    builder: buildWhileSure(builder, untilSure),
    openCloud: (provider: ProviderConfig) => openCloud(provider, through),
    openTarget: (target: TargetConfig) => openTarget(target, through),
  };
}

/** A state that cannot be written is reported by itself. */
function logTask(task: string, error: unknown): void {
  if (!(error instanceof StoreError)) logFailure(task, error);
}

function logMended(task: string, error: unknown): void {
  if (!(error instanceof StoreError)) log.info("task {task}: works again", { task });
}

function logFailure(task: string, error: unknown): void {
  if (isStopped(error)) return;
  log.error("task {task}: {error}", { task, error: errorChain(error) });
}
