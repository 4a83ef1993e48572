/** Acquired nodes as they are printed: for people, for shells, for ssh, for Ansible, or as JSON. */
import type { AcquiredNode, AcquiredNodesView } from "../views/acquired_nodes.ts";
import { visibleText } from "../lib/visible_text.ts";
import { renderInventory } from "./acquired_inventory.ts";
import { renderSshConfig } from "./acquired_ssh_config.ts";
import { shellQuote } from "../lib/shell_quote.ts";

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
