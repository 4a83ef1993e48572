/** `status` as two columns: a line for each fact, problems last. */
import { nodeStateNames } from "../../domain/node.ts";
import type { DaemonView, StatusView } from "../status.ts";
import { formatAge } from "./age.ts";
import type { Table } from "./column.ts";

interface Fact {
  readonly what: string;
  readonly value: string;
  /** Seconds; not given: it says nothing of an age. */
  readonly age?: number;
}

export const statusTable: Table<StatusView, Fact> = {
  rows: (status) => [
    ...daemonFacts(status.daemon),
    { what: "installation", value: status.installation.id || "none yet" },
    { what: "nodes", value: nodeStateNames.map((state) => `${status.nodes[state]} ${state}`).join(", ") },
    { what: "requests", value: `${status.requests.waiting} waiting, ${status.requests.granted} granted` },
    ...(status.labels === null ? [] : [{ what: "labels", value: String(status.labels) }]),
    { what: "providers", value: describeProviders(status.providers) },
    ...status.problems.map((problem) => ({ what: "problem", value: problem })),
  ],
  columns: [
    { field: "what", header: "What" },
    {
      field: "value",
      header: "Value",
      kind: "reason",
      cell: ({ value, age }) => age === undefined ? value : `${value}, for ${formatAge(age)}`,
      steady: ({ value }) => value,
    },
  ],
};

function daemonFacts(daemon: DaemonView | null): Fact[] {
  if (daemon === null) return [{ what: "daemon", value: "not running; showing its last state" }];
  const doing = daemon.accepting ? "running" : "stopping";
  return [
    {
      what: "daemon",
      value: `${doing}, pid ${daemon.pid}, version ${daemon.version}`,
      age: daemon.age,
    },
    { what: "configuration", value: `${daemon.config_file}, read ${daemon.config_loaded}` },
  ];
}

function describeProviders(
  { configured, reachable, unreachable, frozen }: StatusView["providers"],
): string {
  const parts = [
    ...(configured === null ? [] : [`${configured} configured`]),
    ...(reachable.length === 0 ? [] : [`${reachable.join(" ")} answering`]),
    ...(unreachable.length === 0 ? [] : [`${unreachable.join(" ")} not answering`]),
    ...(frozen.length === 0 ? [] : [`${frozen.join(" ")} frozen`]),
  ];
  return parts.join(", ") || "none known";
}
