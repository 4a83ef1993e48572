/** `status`: a line for each fact, problems first. */
import { countText } from "../../domain/count_text.ts";
import { nodeStateNames } from "../../domain/node.ts";
import type { HoldSummary } from "../hold_view.ts";
import { type MachinesView, sizeText } from "../machines.ts";
import type { StatusView } from "../status.ts";
import { formatAge, type Table } from "./column.ts";

interface Fact {
  readonly what: string;
  readonly value: string;
  /** Seconds; not given: it says nothing of an age. */
  readonly age?: number;
}

export const statusTable: Table<StatusView, Fact> = {
  rows: (status) => [
    ...status.problems.map((problem) => ({ what: "problem", value: problem })),
    ...daemonFacts(status),
    ...(status.machines ? machineFacts(status.machines) : []),
    ...stateFacts(status),
    ...(status.labels === null ? [] : [{ what: "labels", value: String(status.labels) }]),
    ...(status.orders ?? []).map(({ what, message }) => ({ what: "ordered", value: `${what}: ${message}` })),
    ...(status.nodes === null ? [] : [{ what: "providers", value: describeProviders(status.providers) }]),
  ],
  columns: [
    { field: "what", header: "What", kind: "term" },
    {
      field: "value",
      header: "Value",
      kind: "reason",
      cell: ({ value, age }) => age === undefined ? value : `${value}, for ${formatAge(age)}`,
      steady: ({ value }) => value,
    },
  ],
};

/** Of the pool's records; empty: they cannot be read. */
function stateFacts({ installation, nodes, holds, requests }: StatusView): Fact[] {
  if (installation === null || nodes === null || requests === null) return [];
  return [
    { what: "installation", value: installation.id || "none yet" },
    { what: "nodes", value: nodeStateNames.map((state) => `${nodes[state]} ${state}`).join(", ") },
    ...holdFacts(holds ?? null),
    { what: "requests", value: `${requests.waiting} waiting, ${requests.granted} granted` },
  ];
}

function daemonFacts({ daemon, machines, nodes }: StatusView): Fact[] {
  if (nodes === null) return [{ what: "daemon", value: "unknown; the state in etcd cannot be read" }];
  if (daemon === null) {
    const value = machines ? "none leads; showing the state in etcd" : "not running; showing its last state";
    return [{ what: "daemon", value }];
  }
  const doing = daemon.accepting ? "running" : "stopping";
  return [
    {
      what: "daemon",
      value: `${doing}, pid ${daemon.pid}, version ${daemon.version}`,
      age: daemon.age,
    },
    { what: "configuration", value: `${daemon.config_file}, read ${daemon.config_loaded}` },
    ...(daemon.log_levels ?? []).map(({ category, level, until }) => ({
      what: "log level",
      value: `${category} ${level}, ${until === null ? "until the daemon ends" : `until ${until}`}`,
    })),
  ];
}

/** On a pool of several machines: who leads, who stands by, who builds, how etcd is. */
export function machineFacts(machines: MachinesView): Fact[] {
  const { pool, leader, members, builders, etcd, seen } = machines;
  const standbys = members.filter(({ role }) => role === "standby");
  return [
    { what: "leader", value: leader === null ? seen === null ? "unknown" : "none" : describeMember(leader) },
    ...(standbys.length === 0 && seen !== null ? [{ what: "standby", value: "none" }] : []),
    ...members.map((member) => ({ what: member.role, value: describeMember(member) })),
    ...builders.map((builder) => ({ what: "builds", value: describeBuilder(builder) })),
    ...etcd.map((member) => ({ what: "etcd", value: describeEtcd(member) })),
    { what: "machines", value: `pool ${pool}, ${seen === null ? "not seen yet" : `seen ${seen}`}` },
  ];
}

function describeMember(
  { host, pid, version, since, config_differs: keys = [] }:
    & NonNullable<MachinesView["leader"]>
    & Partial<MachinesView["members"][number]>,
): string {
  const differing = keys.length === 0 ? "" : `, configured otherwise: ${keys.join(", ")}`;
  return `${host}, pid ${pid}, version ${version}, since ${since}${differing}`;
}

function describeBuilder(
  { host, version, state, building, uploading }: MachinesView["builders"][number],
): string {
  const works = [
    ...(building === 0 ? [] : [countText(building, "image")]),
    ...(uploading === 0 ? [] : [countText(uploading, "upload")]),
  ];
  const doing = state === "here" ? works.join(", ") || "nothing now" : state;
  return `${host}, version ${version}: ${doing}`;
}

function describeEtcd(
  { endpoint, version, raft_leader, database_size, problem }: MachinesView["etcd"][number],
): string {
  return [
    endpoint,
    ...(version === null ? [] : [`version ${version}`]),
    ...(database_size === null ? [] : [sizeText(database_size)]),
    ...(raft_leader ? ["leads the others"] : []),
    ...(problem === null ? [] : [problem]),
  ].join(", ");
}

/** Enough to see who is to be asked; `list --state hold` has them all. */
const MOST_ENDING = 5;

function holdFacts(holds: HoldSummary | null): Fact[] {
  if (holds === null || holds.nodes === 0) return [];
  const by = holds.holders.map(({ name, nodes }) => `${nodes} by ${name || "somebody"}`).join(", ");
  const ending = holds.ending.slice(0, MOST_ENDING).map(({ id, holder, reason, ends }) => {
    const why = reason === null ? "" : `: ${reason}`;
    return { what: "hold ends", value: `${ends}, node ${id}${holder && ` of ${holder}`}${why}` };
  });
  const others = holds.ending.length - ending.length;
  const more = others === 0 ? [] : [{ what: "hold ends", value: `${others} more within 24 hours` }];
  return [{ what: "held", value: by }, ...ending, ...more];
}

function describeProviders(
  { configured, reachable, unreachable, frozen = [], retired = [] }: StatusView["providers"],
): string {
  const parts = [
    ...(configured === null ? [] : [`${configured} configured`]),
    ...(reachable.length === 0 ? [] : [`${reachable.join(" ")} answering`]),
    ...(unreachable.length === 0 ? [] : [`${unreachable.join(" ")} not answering`]),
    ...(frozen.length === 0 ? [] : [`${frozen.join(" ")} frozen`]),
    ...retired.map(({ name, message }) => `${name} retired: ${message}`),
  ];
  return parts.join(", ") || "none known";
}
