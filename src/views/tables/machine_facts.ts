/** The lines of `status` on a pool of several machines: who leads, who stands by, who builds, how etcd is. */
import { countText } from "../../domain/count_text.ts";
import { type MachinesView, sizeText } from "../machines.ts";

export function machineFacts(machines: MachinesView): { what: string; value: string }[] {
  const { pool, leader, members, builders, etcd, seen } = machines;
  const standbys = members.filter(({ role }) => role === "standby");
  return [
    { what: "leader", value: leader === null ? seen === null ? "unknown" : "none" : describe(leader) },
    ...(standbys.length === 0 && seen !== null ? [{ what: "standby", value: "none" }] : []),
    ...members.map((member) => ({ what: member.role, value: describeMember(member) })),
    ...builders.map((builder) => ({ what: "builds", value: describeBuilder(builder) })),
    ...etcd.map((member) => ({ what: "etcd", value: describeEtcd(member) })),
    { what: "machines", value: `pool ${pool}, ${seen === null ? "not seen yet" : `seen ${seen}`}` },
  ];
}

function describeMember({ config_differs: keys = [], ...member }: MachinesView["members"][number]): string {
  return describe(member) + (keys.length === 0 ? "" : `, configured otherwise: ${keys.join(", ")}`);
}

function describe(
  { host, pid, version, since }: Pick<MachinesView["members"][number], "host" | "pid" | "version" | "since">,
): string {
  return `${host}, pid ${pid}, version ${version}, since ${since}`;
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
