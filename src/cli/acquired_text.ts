/** Acquired nodes as they are printed: for people, for shells, for ssh, for Ansible, or as JSON. */
import type { AcquiredNode, AcquiredNodesView } from "../views/acquired_nodes.ts";
import { visibleText } from "../lib/visible_text.ts";
import { shellQuote, shellWord } from "../lib/shell_quote.ts";
import { hostAliases, hostKeySettings, sshOptions } from "../views/host_key_settings.ts";

export const acquireFormats = ["text", "env", "ssh-config", "ansible", "json"] as const;

export type AcquireFormat = typeof acquireFormats[number];

/** @param options `knownHosts`: the absolute path of the file that has the host keys; null: none has */
export function formatAcquired(
  acquired: AcquiredNodesView,
  { format, knownHosts }: { format: AcquireFormat; knownHosts: string | null },
): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(acquired, null, 2)}\n`;
    case "env":
      return environment(acquired).map(([name, value]) => `export ${name}=${shellQuote(value)}\n`).join("");
    case "ssh-config":
      return renderSshConfig(acquired, { knownHosts });
    case "ansible":
      return renderInventory(acquired, { knownHosts });
    case "text":
      return acquired.nodes.map(describe).join("\n");
  }
}

function describe(node: AcquiredNode): string {
  const { connection } = node;
  const facts: [string, string | null | undefined][] = [
    ["node", String(node.id)],
    ["hostname", node.hostname],
    ["provider", node.provider],
    ["address", connection?.address],
    ["port", connection && String(connection.port)],
    ["user", connection?.username],
    ...(connection?.host_keys ?? []).map((key): [string, string] => ["host key", key]),
    ...node.subnodes.map(({ connection }): [string, string | undefined] => ["subnode", connection?.address]),
  ];
  return facts.filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${`${name}:`.padEnd(10)}${visibleText(value!)}\n`).join("");
}

/** NODEPOOL_IDS and NODEPOOL_COUNT, then the first node's variables, then each node's with its number from 1. */
function environment({ request, nodes }: AcquiredNodesView): [string, string][] {
  const [first] = nodes;
  return [
    ["NODEPOOL_REQUEST", String(request)],
    ["NODEPOOL_COUNT", String(nodes.length)],
    ["NODEPOOL_IDS", nodes.map(({ id }) => id).join(" ")],
    ...(first === undefined ? [] : variables(first, "")),
    ...(nodes.length < 2 ? [] : nodes.flatMap((node, index) => variables(node, `_${index + 1}`))),
  ];
}

function variables(node: AcquiredNode, suffix: string): [string, string][] {
  const { connection } = node;
  const values = {
    ID: String(node.id),
    HOSTNAME: node.hostname,
    LABEL: node.label,
    PROVIDER: node.provider,
    AZ: node.az ?? "",
    ADDRESS: connection?.address ?? "",
    PORT: String(connection?.port ?? ""),
    USER: connection?.username ?? "",
    KNOWN_HOSTS: connection?.known_hosts.join("\n") ?? "",
    SUBNODES: node.subnodes.map(({ connection }) => connection?.address ?? "").join(" "),
  };
  return Object.entries(values).map(([name, value]) => [`NODEPOOL_${name}${suffix}`, value]);
}

/**
 * An OpenSSH client configuration, for `ssh -F FILE node1`. It names the host keys, so that no first connection has to be
 * trusted: by a known_hosts file, or in itself, which OpenSSH 8.5 and later understand.
 */
function renderSshConfig(
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

/**
 * An Ansible inventory in INI form, which Ansible reads whatever the file is called. Hosts and groups have the names that
 * the dynamic inventory gives them.
 */
export function renderInventory(
  { request, nodes }: AcquiredNodesView,
  { knownHosts }: { knownHosts: string | null },
): string {
  const names = hostAliases(nodes);
  const hosts = nodes.map((node) => `${names.get(node.id)} ${hostVariables(node, knownHosts)}`);
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

function hostVariables({ id, connection }: AcquiredNode, knownHosts: string | null): string {
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
