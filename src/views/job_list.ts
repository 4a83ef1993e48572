/** The jobs whose nodes are held when they fail, by name: what may be held and what is. */
import * as v from "valibot";
import { type AutoHold, isHeldFor } from "../domain/auto_hold.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import type { Table } from "./tables/column.ts";
import type { ViewFilter } from "./view_filter.ts";
import { byKeys, isoTime, viewHead, viewSchema } from "./view_head.ts";
import { number, rows, string } from "./view_schema.ts";

export const jobViewSchema = v.object({
  id: number,
  name: string,
  /** How many nodes may be held for it at a time. */
  hold_on_failure: number,
  /** How many are. */
  held: number,
  /** Their ids. */
  nodes: rows(number),
  created: string,
});
type JobView = v.InferOutput<typeof jobViewSchema>;

export const jobListViewSchema = viewSchema({ jobs: rows(jobViewSchema) });
type JobListView = v.InferOutput<typeof jobListViewSchema>;

export function viewJobList(report: PoolReport, filter: ViewFilter = {}): JobListView {
  const jobs = report.jobs
    .filter(({ id, job }) =>
      (filter.id === undefined || id === filter.id) && (filter.job === undefined || job === filter.job)
    )
    .map((entry) => viewJob(entry, report))
    .sort(byKeys("name"));
  return { ...viewHead(report), jobs };
}

export function viewJob(entry: AutoHold, report: Pick<PoolReport, "nodes" | "wallOffset">): JobView {
  const held = report.nodes.filter((node) => isHeldFor(entry.job, node)).map(({ id }) => id);
  return {
    id: entry.id,
    name: entry.job,
    hold_on_failure: entry.holdOnFailure,
    held: held.length,
    nodes: held.sort((left, right) => left - right),
    created: isoTime(entry.createdAt, report),
  };
}

/** The columns of `job-list`: 2016's, then how many are held; in wide tables which ones, and since when. */
export const jobTable: Table<JobListView, JobView> = {
  rows: ({ jobs }) => jobs,
  columns: [
    { field: "id", header: "ID", kind: "id" },
    { field: "name", header: "Name" },
    { field: "hold_on_failure", header: "Hold on Failure", kind: "number" },
    { field: "held", header: "Held", kind: "count" },
    { field: "nodes", header: "Nodes", wide: true },
    { field: "created", header: "Created", kind: "time", wide: true },
  ],
};
