/**
 * The users of the room that a cloud's project has: nodes of the pool, on whichever provider of that project, and others.
 * What explanations say of them and what remedies advise agree.
 */
import { isUnknown } from "../domain/cloud_access.ts";
import type { ProviderConfig } from "../domain/config.ts";
import { type NodeRecord, stateName } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";

type ProjectUse = ReturnType<typeof useOf>;

type Pool = Pick<PoolReport, "config" | "nodes" | "providers">;

type Inhabitants = ReturnType<typeof countInhabitants>;

/** Nodes on a provider: how many, those that are kept, and those that are ready, by label. */
const nobody = () => ({ all: 0, kept: [] as NodeRecord[], ready: new Map<string, number>() });

/** By report: one view asks for each provider again and again. */
const counted = new WeakMap<Pool, { inhabitants: Inhabitants; uses: Map<string, ProjectUse> }>();

export function projectUse(name: string, pool: Pool): ProjectUse {
  const { inhabitants, uses } = counted.getOrInsertComputed(
    pool,
    () => ({ inhabitants: countInhabitants(pool), uses: new Map() }),
  );
  return uses.getOrInsertComputed(name, () => useOf(name, { pool, inhabitants }));
}

function countInhabitants({ nodes }: Pool) {
  const counts = new Map<string, ReturnType<typeof nobody>>();
  for (const node of nodes) {
    const count = counts.getOrInsertComputed(node.provider, nobody);
    count.all++;
    const state = stateName(node);
    if (state === "used" || state === "hold") count.kept.push(node);
    if (state === "ready" && node.role === "node") {
      count.ready.set(node.label, (count.ready.get(node.label) ?? 0) + 1);
    }
  }
  return counts;
}

/** Its own nodes come first. */
function useOf(
  name: string,
  { pool: { config, providers }, inhabitants }: { pool: Pool; inhabitants: Inhabitants },
) {
  const own = config?.providers.find((provider) => provider.name === name);
  const mates =
    config?.providers.filter((other) => own !== undefined && other !== own && isSameProject(own, other)) ??
      [];
  const names = [name, ...mates.map((mate) => mate.name)];
  const of = (provider: string) => inhabitants.get(provider) ?? nobody();
  return {
    /** Nodes in use or held, which only people end, and those of them on the provider itself. */
    kept: names.flatMap((provider) => of(provider).kept),
    keptHere: of(name).kept,
    /** Ready nodes on the provider itself, by label; subnodes do not count. */
    readyHere: of(name).ready,
    /** Nodes on further providers of the same project, by provider. */
    beside: new Map(names.slice(1).flatMap((mate) => of(mate).all === 0 ? [] : [[mate, of(mate).all]])),
    /** Servers that are not the pool's, as listed last: the quota may have been read before others went; null: not known. */
    others: providers.find((provider) => provider.name === name)?.otherServers ?? null,
  };
}

function isSameProject({ access: one }: ProviderConfig, { access: other }: ProviderConfig): boolean {
  return !isUnknown(one) && projectOf(one) === projectOf(other);
}

/** Without a project of its own a login's credentials say whose it is. */
function projectOf({ authUrl, regionName, scope, auth }: ProviderConfig["access"]): string {
  return JSON.stringify([authUrl, regionName, scope.kind === "project" ? scope : auth]);
}

/** `used by job gate/unit, request 7`; `held by maria`. */
export function describeKeeper(node: NodeRecord): string {
  const { hold, job, requestId } = node;
  if (stateName(node) === "hold") return hold?.owner ? `held by ${hold.owner}` : "held";
  const by = [
    ...(job === null ? [] : [`job ${job}`]),
    ...(requestId === null ? [] : [`request ${requestId}`]),
  ];
  return by.length === 0 ? "used" : `used by ${by.join(", ")}`;
}
