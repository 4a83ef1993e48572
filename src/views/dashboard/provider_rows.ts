/** The providers of the dashboard: their servers against their limits, and how their clouds answer. */
import { describeObstacle } from "../../domain/describe_obstacle.ts";
import type { PoolReport, ProviderReport } from "../../domain/pool_report.ts";
import { type Resource, resourceNames } from "../../domain/resource.ts";
import { describeRetirement, retirementOf } from "../../domain/retirement.ts";
import type { Quota } from "../../domain/server.ts";
import { earliest } from "../../domain/time.ts";
import { quotaResources, untilOf } from "../explain/told_parts.ts";
import { projectUse } from "../project_use.ts";
import { type Shown, shownOf } from "./shown.ts";

export type ProviderRow = ReturnType<typeof rowOf>;
export type QuotaBar = NonNullable<ProviderRow["quota"]>;

const MOST = 12;

export function providerRows(report: PoolReport): Shown<ProviderRow> {
  const counts = new Map<string, number>();
  for (const { provider } of report.nodes) counts.set(provider, (counts.get(provider) ?? 0) + 1);
  const configured = (report.config?.providers ?? []).map(({ name }) => name);
  const names = [...new Set([...configured, ...counts.keys()])].sort();
  const rows = names.map((name) => rowOf(name, { report, servers: counts.get(name) ?? 0 }));
  return shownOf(rows, { most: MOST, rank: ({ why, answers }) => why !== "" || answers !== true ? 1 : 0 });
}

/** @param options `servers`: the pool's there */
function rowOf(name: string, { report, servers }: { report: PoolReport; servers: number }) {
  const config = report.config?.providers.find((one) => one.name === name);
  const seen = report.providers.find((one) => one.name === name);
  const { stats = null, quota = null } = seen ?? {};
  const maxServers = config === undefined || config.maxServers < 0 ? null : config.maxServers;
  return {
    name,
    servers,
    /** null: it is retired, or no longer configured. */
    maxServers,
    quota: tightest(quota, projectUse(name, report).others),
    /** null: not asked yet. */
    answers: seen?.reachable ?? null,
    /** Milliseconds, mean of recent answers. */
    latency: stats?.latency ?? null,
    /** Requests that failed, of all since the start. */
    errors: stats?.errors ?? 0,
    requests: stats?.requests ?? 0,
    why: whyNothing(name, { seen, report, isConfigured: config !== undefined }),
    full: whyFull({ servers, maxServers, quota }),
    nextTry: (seen?.obstacle ? untilOf(seen.obstacle) : null) ??
      earliest((seen?.stale ?? []).map(({ retryAt }) => retryAt)),
    /** Milliseconds between requests, where the cloud made the pool slow down; null: as fast as configured. */
    slowedTo: stats !== null && config !== undefined && stats.rate > config.rate ? stats.rate : null,
  };
}

/** Why it gives nothing now, in words; empty: it does. */
function whyNothing(
  name: string,
  { seen, report, isConfigured }: {
    seen: ProviderReport | undefined;
    report: PoolReport;
    isConfigured: boolean;
  },
): string {
  if (!isConfigured) return "no longer configured";
  const retirement = retirementOf(name, report);
  if (retirement !== null) return `retired: ${describeRetirement(retirement)}`;
  if (seen?.obstacle) return describeObstacle(seen.obstacle, { ...report, isLinked: false });
  return seen?.frozen ?? seen?.error?.message ?? "";
}

/** Every server takes some of these; not each takes a floating IP, or a port that counts. */
const ALWAYS = ["instances", "cores", "ramMib"] as const satisfies readonly Resource[];

/** Which limit lets nothing more in; empty: none does. */
function whyFull(
  { servers, maxServers, quota }: { servers: number; maxServers: number | null; quota: Quota | null },
): string {
  if (maxServers !== null && servers >= maxServers) return `full: max-servers ${servers}/${maxServers}`;
  const used = ALWAYS.flatMap((resource) => {
    const use = quota?.[resource] ?? null;
    return use === null || use.used < use.limit
      ? []
      : [`${resourceNames[resource]} ${use.used}/${use.limit}`];
  });
  return used.length === 0 ? "" : `quota full: ${used.join(", ")}`;
}

/** The quota of which the largest part is used; null: not known, or there is no limit. */
function tightest(quota: Quota | null, otherServers: number | null) {
  const uses = quotaResources.flatMap((resource) => {
    const use = quota?.[resource] ?? null;
    return use === null || !Number.isFinite(use.limit) || use.limit <= 0 ? [] : [{ resource, ...use }];
  });
  const [first] = uses.sort((a, b) => b.used / b.limit - a.used / a.limit);
  if (first === undefined) return null;
  const servers = quota?.instances?.used ?? 0;
  // Other resources are taken to be shared as the servers are.
  const share = otherServers === null || servers === 0 ? null : otherServers / servers;
  return {
    name: resourceNames[first.resource],
    limit: first.limit,
    used: first.used,
    /** The part of it that others use, as far as it can be told; null: it cannot. */
    others: share === null ? null : Math.min(first.used, Math.round(first.used * share)),
    otherServers: otherServers ?? 0,
  };
}
