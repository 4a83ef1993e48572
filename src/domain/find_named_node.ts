/** Finds a node by anything that identifies it: its id, its host name, its server's id or one of its addresses. */
import { type History, readHistory } from "./history.ts";
import { type HistoryRecord, type NodeRecord, serverIdOf } from "./node.ts";

/** null: no node has that name. */
export function findNamedNode(nodes: readonly NodeRecord[], name: string): NodeRecord | null {
  return nodes.find((node) => String(node.id) === name) ?? nodes.find((node) => isNamed(node, name)) ?? null;
}

/** The newest of those that are gone; null: no node that is remembered had that name. */
export async function findGoneNode(history: History, name: string): Promise<HistoryRecord | null> {
  if (/^\d{1,15}$/.test(name)) return await history.getHistory(Number(name));
  for await (const record of readHistory(history)) if (isNamed(record.node, name)) return record;
  return null;
}

function isNamed(node: NodeRecord, name: string): boolean {
  const { hostname, nodename, addresses, floatingIp } = node;
  return hostname === name || nodename === name || serverIdOf(node) === name || addresses?.login === name ||
    addresses?.publicV4 === name || addresses?.publicV6 === name || addresses?.privateV4 === name ||
    floatingIp?.address === name;
}
