/** The machines of a pool whose state is on etcd, and the members of that; a pool on one machine has no such panel. */
import { html } from "hono/html";
import { type MachinesView, sizeText } from "../../views/machines.ts";
import type { Dashboard } from "../../views/dashboard/view_dashboard.ts";
import { type Markup, moment } from "../page.ts";
import { tablePanel } from "./panel.ts";

export function renderMachines({ machines }: Dashboard): Markup | string {
  if (machines === null) return "";
  const rows = [...machineRows(machines), ...machines.etcd.map(etcdRow)];
  return tablePanel({
    id: "machines",
    title: "Machines",
    list: { href: "/status", name: "Status" },
    shown: { rows, total: rows.length },
    empty: "No machine is known.",
    keyOf: ({ name, role }) => `${role} ${name}`,
    columns: {
      "Machine": ({ name }) => name,
      "Role": ({ role }) => role,
      "Version": ({ version }) => version,
      "Now": ({ now }) => now,
    },
  });
}

function machineRows({ leader, members, lost }: MachinesView) {
  const present = (role: string, { host, version, since }: NonNullable<MachinesView["leader"]>) => ({
    name: host,
    role,
    version,
    now: html`<span class="state good">since ${moment(since)}</span>`,
  });
  return [
    ...(leader === null ? [] : [present("leader", leader)]),
    ...members.map(({ role, ...member }) => present(role, member)),
    ...lost.map(({ role, host, since }) => ({
      name: host,
      role,
      version: "",
      now: html`<span class="state bad">gone since ${moment(since)}</span>`,
    })),
  ];
}

function etcdRow(
  { endpoint, raft_leader, version, database_size, full, problem }: MachinesView["etcd"][number],
) {
  const size = database_size === null ? "" : sizeText(database_size);
  const isWell = problem === null && !full;
  return {
    name: endpoint,
    role: raft_leader ? "etcd, leads its members" : "etcd",
    version: version ?? "",
    now: html`<span class="state ${isWell ? "good" : "bad"}">${
      problem ?? (full ? `full, ${size}` : size)
    }</span>`,
  };
}
