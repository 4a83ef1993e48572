/** The providers: room and use, whether the cloud answers and how fast, what is paused after failures. */
import { keystoneProxy } from "../domain/cloud_access.ts";
import type { ProviderConfig } from "../domain/config.ts";
import type { PoolReport, ProviderReport } from "../domain/pool_report.ts";
import type { Missing } from "../domain/observation.ts";
import type { Quota, QuotaUse } from "../domain/server.ts";
import type { CloudStats } from "../domain/cloud_stats.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import { countNodes, type NodeCounts, noNodes } from "./node_counts.ts";
import type { ViewFilter } from "./view_filter.ts";
import { compareText, isoTime, isoTimeOrNull, type ViewHead, viewHead, type WallTime } from "./view_head.ts";

export interface ProviderListView extends ViewHead {
  readonly providers: readonly ProviderView[];
}

export interface ProviderView {
  readonly name: string;
  /** False: nodes of it are left, but the configuration in force does not name it. */
  readonly configured: boolean;
  readonly cloud: string | null;
  readonly region: string | null;
  /** Through which its Keystone is asked, without its password; null: none. */
  readonly proxy: string | null;
  /** -1: retired. */
  readonly max_servers: number | null;
  readonly nodes: NodeCounts;
  /** Servers of this installation in the last listing. */
  readonly servers: number | null;
  readonly listed: string | null;
  readonly missing: MissingView | null;
  /** null: not asked yet, or no daemon runs. */
  readonly reachable: boolean | null;
  readonly error: { readonly message: string; readonly since: string } | null;
  readonly quota: QuotaView | null;
  readonly api: ApiView | null;
  readonly pauses: readonly PauseView[];
}

/** What the pool has there and the listings leave out, without the cloud's word that it is gone; null: nothing. */
export interface MissingView {
  readonly servers: number;
  readonly images: number;
  /** Of both, those that were found when the cloud was asked for them one by one. */
  readonly found: number;
  readonly since: string;
  /** Nothing is concluded from the listings: they leave out too much, or what is there. */
  readonly doubtful: boolean;
}

interface QuotaView {
  readonly taken: string;
  /** null: the cloud does not tell it; max-servers alone counts. */
  readonly instances: QuotaUseView | null;
  readonly cores: QuotaUseView | null;
  readonly ram_mib: QuotaUseView | null;
  readonly floating_ips: QuotaUseView | null;
  readonly ports: QuotaUseView | null;
  /** What the cloud says instead. */
  readonly untold: readonly string[];
}

/** A limit of null is none. */
export interface QuotaUseView {
  readonly limit: number | null;
  readonly used: number;
}

interface ApiView {
  readonly requests: number;
  readonly errors: number;
  readonly queued: number;
  /** Seconds from the start of one request to the start of the next, now in force. */
  readonly rate: number;
  /** Seconds, mean of recent answers. */
  readonly latency: number | null;
  readonly last_error: { readonly at: string; readonly message: string } | null;
}

/** After failed launches a label waits on this provider. */
export interface PauseView {
  readonly label: string;
  readonly failures: number;
  readonly until: string | null;
  readonly last_error: string;
}

/** The providers by name; a label in the filter keeps those that may supply it. */
export function viewProviderList(report: PoolReport, filter: ViewFilter = {}): ProviderListView {
  const suppliers = report.config?.labels.find(({ name }) => name === filter.label)?.providers ?? [];
  const counts = countNodes(report.nodes, ({ provider }) => provider);
  const providers = providerNames(report)
    .filter((name) => filter.provider === undefined || name === filter.provider)
    .filter((name) => filter.label === undefined || suppliers.includes(name))
    .sort(compareText)
    .map((name) => viewProvider(name, report, counts.get(name) ?? noNodes()));
  return { ...viewHead(report), providers };
}

/** The configured ones and those that nodes are still on. */
function providerNames(report: PoolReport): string[] {
  const configured = (report.config?.providers ?? []).map(({ name }) => name);
  return [...new Set([...configured, ...report.nodes.map(({ provider }) => provider)])];
}

function viewProvider(name: string, report: PoolReport, nodes: NodeCounts): ProviderView {
  const config = report.config?.providers.find((provider) => provider.name === name);
  const seen = report.providers.find((provider) => provider.name === name);
  return {
    name,
    configured: config !== undefined,
    ...configured(config),
    nodes,
    ...observed(seen, report),
    pauses: report.pauses.filter(({ provider }) => provider === name).map((pause) =>
      viewPause(pause, report)
    ),
  };
}

function configured(
  config: ProviderConfig | undefined,
): Pick<ProviderView, "cloud" | "region" | "proxy" | "max_servers"> {
  return {
    cloud: config?.access.name ?? null,
    region: config?.access.regionName ?? null,
    proxy: config === undefined ? null : keystoneProxy(config.access),
    max_servers: config?.maxServers ?? null,
  };
}

function observed(
  seen: ProviderReport | undefined,
  wallTime: WallTime,
): Pick<ProviderView, "servers" | "listed" | "missing" | "reachable" | "error" | "quota" | "api"> {
  const error = seen?.error ?? null;
  return {
    servers: seen?.servers ?? null,
    listed: isoTimeOrNull(seen?.listedAt ?? null, wallTime),
    missing: viewMissing(seen?.missing ?? null, wallTime),
    reachable: seen?.reachable ?? null,
    error: error === null ? null : { message: error.message, since: isoTime(error.since, wallTime) },
    quota: viewQuota(seen?.quota ?? null, wallTime),
    api: viewApi(seen?.stats ?? null, wallTime),
  };
}

function viewMissing(missing: Missing | null, wallTime: WallTime): MissingView | null {
  if (missing === null) return null;
  const { servers, images, found, since, isDoubtful } = missing;
  return { servers, images, found, since: isoTime(since, wallTime), doubtful: isDoubtful };
}

function viewQuota(quota: Quota | null, wallTime: WallTime): QuotaView | null {
  if (quota === null) return null;
  return {
    taken: isoTime(quota.takenAt, wallTime),
    instances: quota.instances && viewQuotaUse(quota.instances),
    cores: quota.cores && viewQuotaUse(quota.cores),
    ram_mib: quota.ramMib && viewQuotaUse(quota.ramMib),
    floating_ips: quota.floatingIps && viewQuotaUse(quota.floatingIps),
    ports: quota.ports && viewQuotaUse(quota.ports),
    untold: quota.untold,
  };
}

function viewQuotaUse({ limit, used }: QuotaUse): QuotaUseView {
  return { limit: Number.isFinite(limit) ? limit : null, used };
}

function viewApi(stats: CloudStats | null, wallTime: WallTime): ApiView | null {
  if (stats === null) return null;
  const { requests, errors, queued, rate, latency, lastError } = stats;
  return {
    requests,
    errors,
    queued,
    rate: rate / 1_000,
    latency: latency === null ? null : Math.round(latency) / 1_000,
    last_error: lastError === null
      ? null
      : { at: isoTime(lastError.at, wallTime), message: lastError.message },
  };
}

function viewPause(pause: LaunchPause, wallTime: WallTime): PauseView {
  return {
    label: pause.label,
    failures: pause.failures,
    until: isoTimeOrNull(pause.until, wallTime),
    last_error: pause.lastError,
  };
}
