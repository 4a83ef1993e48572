/** The columns of `job-list`: 2016's, then how many are held; in wide tables which ones, and since when. */
import type { JobListView, JobView } from "../job_list.ts";
import type { Table } from "./column.ts";

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
