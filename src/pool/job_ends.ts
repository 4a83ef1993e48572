/** The end of a job on a node: the node's fate, and the metrics. The pool's parts and commands use it. */
import type { NodeRecord } from "../domain/node.ts";
import type { Clock } from "../lib/clock.ts";
import { type Metrics, took } from "../metrics/happening.ts";
import { endJob } from "../rules/end_job.ts";
import type { Ledger } from "../store/ledger.ts";

interface JobEndsDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** null: nobody is told. */
  readonly metrics: Metrics | null;
}

export function jobEnds({ ledger, clock, metrics }: JobEndsDeps) {
  return {
    /** Ends the use of a node whose job is over. */
    async end(nodeId: number): Promise<void> {
      const now = clock.now();
      await ledger.edit((edit) => {
        const node = edit.node(nodeId);
        if (node?.state.phase !== "used" || node.jobEnd === null) return;
        const { job, jobEnd: { result } } = node;
        const comment = `job ${job} ended${result === null ? "" : `: ${result}`}`;
        endJob(edit, { nodeId, job: null, result, comment, now, sparesJobs: true });
      });
    },

    /** Tells in numbers of it; `job`: what it is called where the node does not say. */
    tell(
      { job, label, provider, stateSince }: NodeRecord,
      end: { readonly result: string | null; readonly branch: string | null; readonly job: string | null },
    ): void {
      const name = end.job ?? job;
      if (name === null) return;
      metrics?.tell([took("job", { ...end, job: name, label, provider }, clock.now() - stateSince)]);
    },
  };
}
