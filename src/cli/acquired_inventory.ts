/**
 * Acquired nodes as an Ansible inventory in INI form, which Ansible reads whatever the file is called. Hosts and groups
 * have the names that the dynamic inventory gives them.
 */
import type { AcquiredNode, AcquiredNodesView } from "../views/acquired_nodes.ts";
import { hostAliases } from "../views/host_alias.ts";
import { hostKeySettings, sshOptions } from "../views/host_key_settings.ts";
import { shellWord } from "../lib/shell_quote.ts";

/** @param options `knownHosts`: the absolute path of the file that has the host keys; null: none has */
export function renderInventory(
  { request, nodes }: AcquiredNodesView,
  { knownHosts }: { knownHosts: string | null },
): string {
  const names = hostAliases(nodes);
  const hosts = nodes.map((node) => `${names.get(node.id)} ${variables(node, knownHosts)}`);
  const sections = new Map([["nodepool", hosts]]);
  for (const node of nodes) {
    for (const group of node.groups ?? []) {
      sections.set(group, [...sections.get(group) ?? [], names.get(node.id)!]);
    }
  }
  const texts = [...sections].map(([group, lines]) =>
    `[${group}]\n${lines.map((line) => `${line}\n`).join("")}`
  );
  return [`# nodepool: request ${request}\n`, ...texts].join("\n");
}

function variables({ id, connection }: AcquiredNode, knownHosts: string | null): string {
  if (connection === null) throw new Error(`node ${id} has no address for Ansible`);
  const options = sshOptions(hostKeySettings(connection.known_hosts, knownHosts));
  const values: readonly (readonly [string, string | null])[] = [
    ["ansible_host", connection.address],
    ["ansible_port", String(connection.port)],
    ["ansible_user", connection.username],
    ["ansible_ssh_common_args", options === "" ? null : options],
    ["nodepool_id", String(id)],
  ];
  return values.flatMap(([name, value]) => value === null ? [] : [`${name}=${shellWord(value)}`]).join(" ");
}
