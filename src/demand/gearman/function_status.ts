/**
 * The queues that Gearman servers report, and the nodes that they ask for. Pure; 2016's rules: functions that begin
 * with `build:` ask for nodes. `build:JOB:LABEL` asks for LABEL; `build:JOB` asks for the first label that is known
 * for JOB from functions of the other kind, whatever their queue, and otherwise for nothing.
 */

const BUILD = "build:";
/** Functions that hand nodes over and take them back. */
const HANDOVER = /^node_(assign|revoke):/;

/** The answer of one server to `status`, summed up line by line, so that it need not be kept. */
export class FunctionStatus {
  /** Jobs that wait, by the label they ask for. */
  readonly queuedByLabel = new Map<string, number>();
  /** Jobs that wait and name no label, by job. */
  readonly queuedByJob = new Map<string, number>();
  /** The first label that it named for each job. */
  readonly labelByJob = new Map<string, string>();
  /** Workers of functions `node_assign:…` and `node_revoke:…`. */
  readonly workers = new Map<string, number>();

  /** @param line `FUNCTION\tTOTAL\tRUNNING\tWORKERS`; what is no such line counts for nothing */
  add(line: string): void {
    const fields = line.split("\t").map((field) => field.trim());
    if (fields.length < 4) return;
    const [total, running, workers] = fields.slice(-3).map(countOf);
    const name = fields.slice(0, -3).join("\t");
    if (name.startsWith(BUILD)) this.#addBuild(name.slice(BUILD.length), Math.max(0, total! - running!));
    else if (HANDOVER.test(name) && workers! > 0) this.workers.set(name, workers!);
  }

  /** @param name the function without `build:` */
  #addBuild(name: string, queued: number): void {
    const colon = name.lastIndexOf(":");
    if (colon < 0) return raise(this.queuedByJob, name, queued);
    const label = name.slice(colon + 1);
    const job = name.slice(name.lastIndexOf(":", colon - 1) + 1, colon);
    if (label === "") return;
    if (!this.labelByJob.has(job)) this.labelByJob.set(job, label);
    raise(this.queuedByLabel, label, queued);
  }
}

/** How many nodes of each label all servers together ask for; labels that nobody asks for are missing. */
export function demandOf(servers: readonly FunctionStatus[]): Map<string, number> {
  const demand = new Map<string, number>();
  for (const { queuedByLabel, queuedByJob } of servers) {
    for (const [label, queued] of queuedByLabel) raise(demand, label, queued);
    for (const [job, queued] of queuedByJob) {
      const label = servers.find(({ labelByJob }) => labelByJob.has(job))?.labelByJob.get(job);
      if (label !== undefined) raise(demand, label, queued);
    }
  }
  return demand;
}

/** Anything but a number counts as 0, as in 2016. */
function countOf(field: string): number {
  return /^\d{1,15}$/.test(field) ? Number(field) : 0;
}

function raise(counts: Map<string, number>, key: string, by: number): void {
  if (by > 0) counts.set(key, (counts.get(key) ?? 0) + by);
}
