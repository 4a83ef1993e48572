/** The operations on jobs whose failed nodes are held. */
import * as v from "valibot";
import { jobViewSchema, viewJob } from "../../views/job_list.ts";
import { createJob, deleteJobs } from "../job_commands.ts";
import { count, idOutcomes, ids, jobName, operation } from "../operation.ts";

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
