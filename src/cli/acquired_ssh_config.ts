/**
 * Acquired nodes as an OpenSSH client configuration, for `ssh -F FILE node1`. It names the host keys, so that no first
 * connection has to be trusted: by a known_hosts file, or in itself, which OpenSSH 8.5 and later understand.
 */
import type { AcquiredNode, AcquiredNodesView } from "../views/acquired_nodes.ts";
import { hostAliases } from "../views/host_alias.ts";
import { hostKeySettings } from "../views/host_key_settings.ts";

/** @param options `knownHosts`: the absolute path of the file that has the host keys; null: none has */
export function renderSshConfig(
  { request, nodes }: AcquiredNodesView,
  { knownHosts }: { knownHosts: string | null },
): string {
  const names = hostAliases(nodes);
  const hosts = nodes.map((node, index) => {
    const name = names.get(node.id)!;
    const aliases = new Set([`node${index + 1}`, name, name.split(".")[0]!]);
    return `Host ${[...aliases].join(" ")}\n${settings(node, knownHosts)}`;
  });
  return [`# nodepool: request ${request}, nodes ${nodes.map(({ id }) => id).join(" ")}\n`, ...hosts].join(
    "\n",
  );
}

function settings({ id, connection }: AcquiredNode, knownHosts: string | null): string {
  if (connection === null) throw new Error(`node ${id} has no address for ssh`);
  const { address, port, username } = connection;
  const lines = [
    `HostName ${plainWord(address).replaceAll("%", "%%")}`,
    `Port ${port}`,
    ...(username === null ? [] : [`User ${plainWord(username)}`]),
    ...hostKeySettings(connection.known_hosts, knownHosts).map((setting) => setting.join(" ")),
  ];
  return lines.map((line) => `  ${line}\n`).join("");
}

/** Text from a cloud must not become a setting of its own. */
function plainWord(text: string): string {
  if (/^[^\s"'\\#]+$/.test(text)) return text;
  throw new Error(`${JSON.stringify(text)} cannot be written in an ssh configuration`);
}
