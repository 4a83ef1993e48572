/**
 * The users of the room that a cloud's project has: nodes of the pool, on whichever provider of that project, and others.
 * What explanations say of them and what remedies advise agree.
 */
import { isUnknown } from "../domain/cloud_access.ts";
import type { ProviderConfig } from "../domain/config.ts";
import { type NodeRecord, stateName } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";

interface ProjectUse {
  /** Nodes in use or held, which only people end. */
  readonly kept: readonly NodeRecord[];
  /** Nodes on further providers of the same project, by provider. */
  readonly beside: ReadonlyMap<string, number>;
  /** Servers that are not the pool's; null: the cloud does not tell. */
  readonly others: number | null;
}

type Pool = Pick<PoolReport, "config" | "nodes" | "providers">;

/** By report, then provider: one view asks for each again and again. */
const counted = new WeakMap<Pool, Map<string, ProjectUse>>();

export function projectUse(name: string, pool: Pool): ProjectUse {
  const known = counted.get(pool) ?? new Map<string, ProjectUse>();
  counted.set(pool, known);
  const use = known.get(name) ?? countUse(name, pool);
  known.set(name, use);
  return use;
}

function countUse(name: string, { config, nodes, providers }: Pool): ProjectUse {
  const own = config?.providers.find((provider) => provider.name === name);
  const mates = new Set(
    config?.providers.filter((other) => own !== undefined && isSameProject(own, other)).map(({ name }) =>
      name
    ),
  ).add(name);
  const inProject = nodes.filter(({ provider }) => mates.has(provider));
  const used = providers.find((provider) => provider.name === name)?.quota?.instances?.used;
  const beside = new Map<string, number>();
  for (const { provider } of inProject) {
    if (provider !== name) beside.set(provider, (beside.get(provider) ?? 0) + 1);
  }
  return {
    kept: inProject.filter((node) => ["used", "hold"].includes(stateName(node))),
    beside,
    others: used === undefined ? null : Math.max(0, used - inProject.length),
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
