/** A pool as it is now, from memory: what lists, the status endpoint, metrics and dumps show. */
import { digestConfig } from "../config/digest_config.ts";
import type { Config } from "../domain/config.ts";
import type { DefectReport } from "../domain/defect.ts";
import type { DumpReport, QueueReport } from "../domain/dump_report.ts";
import type { ConfigDigests } from "../domain/machines_report.ts";
import type { WaitingOn } from "../domain/node.ts";
import type { Refusal, Standstill } from "../domain/obstacle.ts";
import { noSamples } from "../domain/samples/pool_samples.ts";
import type { DaemonReport, LinkReport, PoolReport } from "../domain/pool_report.ts";
import type { Instant } from "../domain/time.ts";
import { waitingWork } from "../domain/waiting_work.ts";
import { inFlight } from "../lib/in_flight.ts";
import { shortCategory } from "../lib/log_spec.ts";
import type { Parts } from "./open_parts.ts";

export function reportPool(parts: Parts): PoolReport {
  const { clock, clockWatch, ledger, stateWatch, newState, errand, watches, targets, inForce } = parts;
  clockWatch.look();
  const config = inForce.current;
  const defects = parts.defects.list;
  return {
    now: clock.now(),
    wallOffset: clockWatch.wallOffset,
    clock: clockWatch.report,
    installation: ledger.installation,
    state: { problem: stateWatch.problem, withheld: newState.withheld },
    machines: reportMachines(parts),
    daemon: errand === null ? reportDaemon(parts) : null,
    config,
    nodes: withDefects("node", ledger.nodes, defects),
    requests: withDefects("request", ledger.requests, defects),
    demand: parts.gearman.demand,
    jobs: [...ledger.jobs.values()],
    pauses: [...ledger.pauses.values()],
    dibImages: withDefects("dib image", ledger.dibImages, defects),
    images: withDefects("image", ledger.images, defects),
    orders: [...ledger.orders.values()],
    uploads: parts.imageExecutor.progress,
    labels: parts.tick.reports,
    whyNoMore: (label) => parts.tick.whyNoMore(label),
    standstill: findStandstill(parts),
    waits: reportWaits(parts),
    providers: config.providers.map(({ name }) => watches.report(name)),
    targets: targets.states(),
    links: reportLinks(parts),
    samples: parts.sampler?.samples ?? noSamples,
    defects,
  };
}

function reportMachines({ machinesWatch, builders, inForce }: Parts): PoolReport["machines"] {
  if (machinesWatch === null) return null;
  return {
    ...machinesWatch.report,
    config: digestsOf(inForce.current),
    builders: builders?.standings ?? [],
    whyNobodyBuilds: builders?.whyNone ?? null,
  };
}

function reportWaits(parts: Parts): PoolReport["waits"] {
  return new Map([...parts.ledger.requests.keys()].map((id) => [id, waitsOf(parts, id)]));
}

/** A configuration is never changed, and a report is made of it again and again. */
const digests = new WeakMap<Config, ConfigDigests>();

function digestsOf(config: Config): ConfigDigests {
  return digests.getOrInsertComputed(config, digestConfig);
}

/** Why a request waits; empty: it does not, or that has not been planned yet. */
export function waitsOf(parts: Parts, requestId: number): readonly Refusal[] {
  if (parts.ledger.requests.get(requestId)?.grantedAt !== null) return [];
  const obstacle = findStandstill(parts);
  return obstacle === null ? parts.tick.waits.get(requestId) ?? [] : [{ provider: null, obstacle }];
}

function findStandstill({ stateWatch, newState, intake, watches, errand }: Parts): Standstill | null {
  // A pool that does only as it is asked launches no nodes.
  if (errand !== null) return { kind: "no-daemon" };
  if (stateWatch.problem !== null) return { kind: "state-unwritable", message: stateWatch.problem };
  if (newState.withheld !== null) return { kind: "state-doubtful", message: newState.withheld };
  if (!intake.isOpen) return { kind: "stopping" };
  const until = watches.firstLookEnd();
  return until === null ? null : { kind: "first-look", until };
}

/** All of the records; one that stands still because of a defect says so in place of what it waited for. */
function withDefects<Entity extends { readonly waitingOn: WaitingOn | null }>(
  kind: DefectReport["of"]["kind"],
  records: ReadonlyMap<number, Entity>,
  defects: readonly DefectReport[],
): readonly Entity[] {
  const own = new Map(defects.flatMap((defect) => defect.of.kind === kind ? [[defect.of.id, defect]] : []));
  if (own.size === 0) return [...records.values()];
  return [...records].map(([id, record]) => {
    const defect = own.get(id);
    if (defect === undefined) return record;
    const message = `${defect.doing} failed: ${defect.message}`;
    return { ...record, waitingOn: { reason: "defect", message, since: defect.since } };
  });
}

function reportLog({ logging }: Pick<Parts["deps"], "logging">, now: Instant): DaemonReport["log"] {
  const levels = logging?.levels.list() ?? [];
  return {
    levels: levels.map(({ category, level, remaining }) => ({
      category: shortCategory(category),
      level,
      until: remaining === null ? null : now + remaining,
    })),
    problems: logging?.problems ?? [],
  };
}

function reportDaemon({ deps, startedAt, inForce, intake, tasks, clock }: Parts): DaemonReport {
  const now = clock.now();
  const { since, readAt, problems, fault } = inForce.standing;
  return {
    ...deps.process,
    startedAt,
    configLoadedAt: since,
    configReadAt: readAt,
    configProblems: problems,
    configFault: fault,
    accepting: intake.isOpen,
    log: reportLog(deps, now),
    tasks: tasks.reports(),
  };
}

function reportLinks({ gearman, jobEvents }: Parts): readonly LinkReport[] {
  const servers = gearman.gearman?.servers ?? [];
  return [
    ...servers.map(({ host, port, state }) => ({ name: `Gearman server ${host}:${port}`, state })),
    ...jobEvents.publishers.map(({ endpoint, state }) => ({ name: `publisher ${endpoint}`, state })),
  ];
}

/** The work of its process at this moment: for `nodepool dump` and SIGUSR2. */
export function reportDump(parts: Parts): DumpReport {
  const { deps, clock, clockWatch, ledger, watches } = parts;
  clockWatch.look();
  const { pid, version, startedAt, tasks } = reportDaemon(parts);
  const { nodes, images, dibImages } = ledger;
  const records = { nodes: nodes.values(), images: images.values(), dibImages: dibImages.values() };
  const [now, running] = [clock.now(), inFlight.list()];
  return {
    now,
    wallOffset: clockWatch.wallOffset,
    daemon: { pid, version, startedAt },
    process: deps.lookAtProcess(),
    work: [...running, ...waitingWork(records, { inFlight: running, now })],
    queues: reportQueues(parts),
    providers: watches.all().map(({ provider: { name }, cloud: { stats } }) => ({ name, stats })),
    links: reportLinks(parts),
    tasks,
  };
}

function reportQueues({ executor, imageExecutor, ledger, desk }: Parts): readonly QueueReport[] {
  const lanes = [...executor.lanes, ...imageExecutor.lanes];
  const waiting = [...ledger.requests.values()].filter(({ grantedAt }) => grantedAt === null).length;
  return [
    { name: "state changes", waiting: ledger.queued, running: 0, most: null },
    { name: "node requests", waiting, running: desk.waiting, most: null },
    ...lanes.map(([name, { used, places }]) => ({
      name,
      waiting: 0,
      running: used,
      most: Number.isFinite(places) ? places : null,
    })),
  ];
}
