/** Reports the daemon's work at this moment: for `nodepool dump` and SIGUSR2. */
import type { DumpReport, QueueReport } from "../domain/dump_report.ts";
import { waitingWork } from "../domain/waiting_work.ts";
import { inFlight } from "../lib/in_flight.ts";
import type { Parts } from "./open_parts.ts";
import { reportDaemon, reportLinks } from "./report_pool.ts";

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
