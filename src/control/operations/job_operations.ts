/** The operations on jobs whose failed nodes are held. */
import * as v from "valibot";
import { type AutoHold, isHeldFor } from "../../domain/auto_hold.ts";
import { findJob } from "../../rules/end_job.ts";
import type { Edit } from "../../store/draft.ts";
import { jobViewSchema, viewJob } from "../../views/job_list.ts";
import { ControlError } from "../control_error.ts";
import type { StateDeps } from "../operated_pool.ts";
import { count, type IdOutcome, idOutcomes, ids, jobName, operation } from "../operation.ts";

export const jobOperations = {
  "job-create": operation({
    route: "POST /jobs",
    needs: "state",
    request: v.strictObject({ job: jobName, holdOnFailure: count }),
    answer: jobViewSchema,
    run: async (pool, spec) => viewJob(await createJob(spec, pool), pool.report()),
  }),
  /** Nodes that are held already stay. */
  "job-delete": operation({
    route: "POST /jobs/delete",
    needs: "state",
    request: v.strictObject({ ids }),
    answer: idOutcomes,
    run: (pool, { ids }) => deleteJobs(ids, pool),
  }),
};

/** @throws ControlError for a name that has an entry already */
export async function createJob(
  spec: Pick<AutoHold, "job" | "holdOnFailure">,
  { ledger, clock }: StateDeps,
): Promise<AutoHold> {
  const id = await ledger.takeIds("job", 1);
  const entry = { ...spec, revision: 0, id, createdAt: clock.now() };
  await ledger.edit((edit) => {
    const known = findJob(edit, spec.job);
    if (known !== null) {
      throw new ControlError(
        409,
        `job ${spec.job} already has an entry (${known.id}, which holds ${known.holdOnFailure}): ` +
          `use \`job-delete ${known.id}\` first, then create it again`,
      );
    }
    edit.putJob(entry);
  });
  return ledger.jobs.get(id) ?? entry;
}

export async function deleteJobs(
  ids: readonly number[],
  { ledger }: Pick<StateDeps, "ledger">,
): Promise<readonly IdOutcome[]> {
  return await Promise.all(ids.map((id) => ledger.edit((edit) => deleteJob(edit, id))));
}

function deleteJob(edit: Edit, id: number): IdOutcome {
  const entry = edit.job(id);
  if (entry === null) return { id, ok: false, message: `there is no job ${id}` };
  edit.removeJob(id);
  const held = edit.nodes().filter((node) => isHeldFor(entry.job, node)).length;
  if (held === 0) return { id, ok: true, message: "deleted" };
  const nodes = held === 1 ? "1 of its nodes stays" : `${held} of its nodes stay`;
  return { id, ok: true, message: `deleted; ${nodes} held` };
}
