/** The names of hosts in files for other programs: names that patterns, inventories and shells take as they are. */

/** Each node's hostname, by its id; where several have the same, the id makes the difference. */
export function hostAliases(
  nodes: readonly { readonly id: number; readonly hostname: string }[],
): ReadonlyMap<number, string> {
  const sharing = Map.groupBy(nodes, ({ hostname }) => plainName(hostname));
  return new Map(nodes.map(({ id, hostname }) => {
    const name = plainName(hostname);
    return [id, sharing.get(name)!.length === 1 ? name : `${name}-${id}`];
  }));
}

function plainName(hostname: string): string {
  return hostname.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replace(/^[-.]+/, "") || "node";
}
