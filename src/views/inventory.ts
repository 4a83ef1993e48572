/**
 * The nodes that somebody can log in to as an Ansible dynamic inventory. Its form is Ansible's: its first level are
 * the groups, so that it has neither version nor time.
 */
import * as v from "valibot";
import { type NodeRecord, serverIdOf, stateName } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { ansibleGroups } from "./ansible_groups.ts";
import { addressEntries, viewAddresses, viewConnection } from "./connection.ts";
import { hostAliases, hostKeySettings, sshOptions } from "./host_key_settings.ts";
import { selectNodes } from "./node_list.ts";
import { compareText } from "./view_head.ts";
import { number, rows, string, stringOrNull } from "./view_schema.ts";

/** The variables of a host for Ansible. */
const hostVariablesSchema = v.object({
  ansible_host: string,
  ansible_port: number,
  /** Left out where the configuration no longer has its image. */
  ansible_user: v.optional(string),
  /** By which ssh knows the host keys; left out where none is known. */
  ansible_ssh_common_args: v.optional(string),
  nodepool: v.object({
    id: number,
    label: string,
    provider: string,
    az: stringOrNull,
    image: string,
    flavor: string,
    state: string,
    hostname: string,
    server_id: stringOrNull,
    ...addressEntries,
    job: stringOrNull,
    comment: stringOrNull,
    /** Lines of an OpenSSH known_hosts file. */
    known_hosts: rows(string),
  }),
});
type HostVariables = v.InferOutput<typeof hostVariablesSchema>;

export interface InventoryView {
  readonly _meta: { readonly hostvars: Readonly<Record<string, HostVariables>> };
  readonly [group: string]: { readonly hosts: readonly string[] } | InventoryView["_meta"];
}

export const inventoryViewSchema = v.looseObject({
  _meta: v.object({ hostvars: v.record(string, hostVariablesSchema) }),
}) as unknown as v.GenericSchema<InventoryView>;

export function viewInventory(report: PoolReport): InventoryView {
  const nodes = selectNodes(report.nodes.filter(isReachable), {});
  const names = hostAliases(nodes);
  const nameOf = ({ id }: NodeRecord) => names.get(id)!;
  const groups = new Map<string, string[]>();
  const groupsOf = ansibleGroups(report);
  for (const node of nodes) {
    for (const group of groupsOf({ ...node, state: stateName(node) })) {
      groups.getOrInsert(group, []).push(nameOf(node));
    }
  }
  const sorted = [...groups].sort(([left], [right]) => compareText(left, right));
  return {
    _meta: { hostvars: Object.fromEntries(nodes.map((node) => [nameOf(node), hostVariables(node, report)])) },
    ...Object.fromEntries(sorted.map(([group, hosts]) => [group, { hosts }])),
  };
}

/** Those that have been logged in to and are not on their way out. */
function isReachable(node: NodeRecord): boolean {
  return node.role === "node" && node.addresses !== null && !["building", "delete"].includes(stateName(node));
}

function hostVariables(node: NodeRecord, { config }: PoolReport): HostVariables {
  const { address, port, username, known_hosts } = viewConnection(node, config)!;
  const options = sshOptions(hostKeySettings(known_hosts));
  return {
    ansible_host: address,
    ansible_port: port,
    ...(username === null ? {} : { ansible_user: username }),
    ...(options === "" ? {} : { ansible_ssh_common_args: options }),
    nodepool: {
      id: node.id,
      label: node.label,
      provider: node.provider,
      az: node.zone,
      image: node.image,
      flavor: node.flavorName,
      state: stateName(node),
      hostname: node.hostname,
      server_id: serverIdOf(node),
      ...viewAddresses(node),
      job: node.job,
      comment: node.comment,
      known_hosts,
    },
  };
}
