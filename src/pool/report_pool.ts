/** A pool as it is now, from memory: what lists, the status endpoint and metrics show. */
import type { DaemonReport, LinkReport, PoolReport } from "../domain/pool_report.ts";
import type { Parts } from "./open_parts.ts";

export function reportPool(parts: Parts): PoolReport {
  const { clock, clockWatch, ledger, stateWatch, newState, errand, watches, targets, inForce } = parts;
  clockWatch.look();
  const config = inForce.current;
  return {
    now: clock.now(),
    wallOffset: clockWatch.wallOffset,
    clock: clockWatch.report,
    installation: ledger.installation,
    state: { problem: stateWatch.problem, withheld: newState.withheld },
    daemon: errand === null ? reportDaemon(parts) : null,
    config,
    nodes: [...ledger.nodes.values()],
    requests: [...ledger.requests.values()],
    jobs: [...ledger.jobs.values()],
    pauses: [...ledger.pauses.values()],
    dibImages: [...ledger.dibImages.values()],
    images: [...ledger.images.values()],
    orders: [...ledger.orders.values()],
    uploads: parts.imageExecutor.progress,
    labels: parts.tick.reports,
    providers: config.providers.map(({ name }) => watches.report(name)),
    targets: targets.states(),
    links: reportLinks(parts),
  };
}

export function reportDaemon({ means, startedAt, inForce, intake, tasks }: Parts): DaemonReport {
  return {
    ...means.process,
    startedAt,
    configLoadedAt: inForce.since,
    configProblems: inForce.problems,
    accepting: intake.isOpen,
    tasks: tasks.reports(),
  };
}

export function reportLinks({ gearman, jobEvents }: Parts): readonly LinkReport[] {
  const servers = gearman.gearman?.servers ?? [];
  return [
    ...servers.map(({ host, port, state }) => ({ name: `Gearman server ${host}:${port}`, state })),
    ...jobEvents.publishers.map(({ endpoint, state }) => ({ name: `publisher ${endpoint}`, state })),
  ];
}
