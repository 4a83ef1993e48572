/** The providers: room and use, whether the cloud answers and how fast, what is paused after failures. */
import * as v from "valibot";
import { keystoneProxy } from "../domain/cloud_access.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { LOOKS, type Missing, type StaleLook } from "../domain/observation.ts";
import type { Quota, QuotaUse } from "../domain/server.ts";
import type { CloudStats } from "../domain/cloud_stats.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import { describeRetirement, isVacated, type Retirement, retirementOf } from "../domain/retirement.ts";
import type { Moment } from "../domain/time.ts";
import { countColumns, countStates, noNodes, type StateCounts, stateCountsSchema } from "./state_counts.ts";
import { type Table, textOf } from "./tables/column.ts";
import type { ViewFilter } from "./view_filter.ts";
import { isoTime, isoTimeOrNull, viewHead, viewSchema, type WallTime } from "./view_head.ts";
import { number, numberOrNull, rows, since0_4, string, stringOrNull } from "./view_schema.ts";

/** Things of the pool that the listings omit, while the cloud has not said that they are gone; null: nothing. */
const missingViewSchema = v.object({
  servers: number,
  images: number,
  /** Of both, those that were found when the cloud was asked for them one by one. */
  found: number,
  since: string,
  /** Nothing is concluded from the listings: they leave out too much, or what is there. */
  doubtful: v.boolean(),
});
type MissingView = v.InferOutput<typeof missingViewSchema>;

/** A limit of null: no limit. */
const quotaUseViewSchema = v.object({
  limit: numberOrNull,
  used: number,
});
type QuotaUseView = v.InferOutput<typeof quotaUseViewSchema>;

/** After failed launches a label waits on this provider until then. */
const pauseViewSchema = v.object({
  label: string,
  failures: number,
  until: string,
  last_error: string,
});
type PauseView = v.InferOutput<typeof pauseViewSchema>;

const providerViewSchema = v.object({
  name: string,
  /** False: nodes of it are left, but the configuration in force does not name it. */
  configured: v.boolean(),
  cloud: stringOrNull,
  region: stringOrNull,
  /** Through which its Keystone is asked, without its password; null: none. */
  proxy: since0_4(stringOrNull),
  /** -1: retired. */
  max_servers: numberOrNull,
  nodes: stateCountsSchema,
  /** Servers of this installation in the last listing. */
  servers: numberOrNull,
  listed: stringOrNull,
  missing: since0_4(v.nullable(missingViewSchema)),
  /** null: not asked yet, or no daemon runs. */
  reachable: v.nullable(v.boolean()),
  error: v.nullable(v.object({
    message: string,
    since: string,
  })),
  /** The looks whose last answer is stale. */
  stale: since0_4(rows(v.object({
    /** `servers`, `compute quota`, … */
    what: string,
    message: string,
    since: string,
    /** null: it is being tried. */
    next_try: stringOrNull,
    /** The time of the last answer; null: no answer yet. */
    taken: stringOrNull,
  }))),
  quota: v.nullable(v.object({
    taken: string,
    /** null: the cloud does not report it; only max-servers applies. */
    instances: v.nullable(quotaUseViewSchema),
    cores: v.nullable(quotaUseViewSchema),
    ram_mib: v.nullable(quotaUseViewSchema),
    floating_ips: v.nullable(quotaUseViewSchema),
    ports: v.nullable(quotaUseViewSchema),
    /** The cloud's words for limits that it does not report. */
    untold: since0_4(rows(string)),
  })),
  api: v.nullable(v.object({
    requests: number,
    errors: number,
    queued: number,
    /** Seconds from the start of one request to the start of the next, now in force. */
    rate: number,
    /** Seconds, mean of recent answers. */
    latency: numberOrNull,
    last_error: v.nullable(v.object({
      at: string,
      message: string,
    })),
  })),
  pauses: rows(pauseViewSchema),
  /** null: it is not retired. */
  retirement: since0_4(v.nullable(v.object({
    /** Nodes that are left. */
    nodes: number,
    /** How many there were when it was retired; null: not known. */
    nodes_before: numberOrNull,
    /** Ids of images that are left: they stay until somebody deletes them. */
    images: rows(number),
    /** Whether nothing is left, so that it can be taken out of the configuration. */
    removable: v.boolean(),
    /** How far it is, in words. */
    message: string,
  }))),
});
export type ProviderView = v.InferOutput<typeof providerViewSchema>;

export const providerListViewSchema = viewSchema({ providers: rows(providerViewSchema) });
export type ProviderListView = v.InferOutput<typeof providerListViewSchema>;

/** The providers by name; a label in the filter keeps those that may supply it. */
export function viewProviderList(report: PoolReport, filter: ViewFilter = {}): ProviderListView {
  const suppliers = report.config?.labels.find(({ name }) => name === filter.label)?.providers ?? [];
  const counts = countStates(report.nodes, ({ provider }) => provider);
  const configured = (report.config?.providers ?? []).map(({ name }) => name);
  // The configured ones and those that nodes are still on.
  const providers = [...new Set([...configured, ...counts.keys()])]
    .filter((name) => filter.provider === undefined || name === filter.provider)
    .filter((name) => filter.label === undefined || suppliers.includes(name))
    .sort()
    .map((name) => viewProvider(name, report, counts.get(name) ?? noNodes()));
  return { ...viewHead(report), providers };
}

function viewProvider(name: string, report: PoolReport, nodes: StateCounts): ProviderView {
  const config = report.config?.providers.find((provider) => provider.name === name);
  const seen = report.providers.find((provider) => provider.name === name);
  const error = seen?.error ?? null;
  return {
    name,
    configured: config !== undefined,
    cloud: config?.access.name ?? null,
    region: config?.access.regionName ?? null,
    proxy: config === undefined ? null : keystoneProxy(config.access),
    max_servers: config?.maxServers ?? null,
    nodes,
    servers: seen?.servers ?? null,
    listed: isoTimeOrNull(seen?.listedAt ?? null, report),
    missing: viewMissing(seen?.missing ?? null, report),
    reachable: seen?.reachable ?? null,
    error: error && { message: error.message, since: isoTime(error.since, report) },
    stale: (seen?.stale ?? []).map((one) => viewStale(one, report)),
    quota: viewQuota(seen?.quota ?? null, report),
    api: viewApi(seen?.stats ?? null, report),
    pauses: report.pauses.flatMap((pause) => pause.provider === name ? viewPause(pause, report) : []),
    retirement: viewRetirement(retirementOf(name, report)),
  };
}

function viewRetirement(retirement: Retirement | null): ProviderView["retirement"] {
  if (retirement === null) return null;
  const { nodes, nodesBefore, images } = retirement;
  return {
    nodes,
    nodes_before: nodesBefore,
    images,
    removable: isVacated(retirement),
    message: describeRetirement(retirement),
  };
}

function viewMissing(missing: Missing | null, wallTime: WallTime): MissingView | null {
  if (missing === null) return null;
  const { servers, images, found, since, isDoubtful } = missing;
  return { servers, images, found, since: isoTime(since, wallTime), doubtful: isDoubtful };
}

function viewStale({ look, message, since, retryAt, takenAt }: StaleLook, wallTime: WallTime) {
  return {
    what: LOOKS[look],
    message,
    since: isoTime(since, wallTime),
    next_try: isoTimeOrNull(retryAt, wallTime),
    taken: isoTimeOrNull(takenAt, wallTime),
  };
}

function viewQuota(quota: Quota | null, wallTime: WallTime): ProviderView["quota"] {
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

function viewApi(stats: CloudStats | null, wallTime: WallTime): ProviderView["api"] {
  if (stats === null) return null;
  const { requests, errors, queued, rate, latency, lastError } = stats;
  return {
    requests,
    errors,
    queued,
    rate: rate / 1_000,
    latency: latency === null ? null : Math.round(latency) / 1_000,
    last_error: lastError && { at: isoTime(lastError.at, wallTime), message: lastError.message },
  };
}

/** None of those that are over: a label's failures are remembered until a launch succeeds. */
function viewPause({ label, failures, until, lastError }: LaunchPause, moment: Moment): PauseView[] {
  if (until === null || until <= moment.now) return [];
  return [{ label, failures, until: isoTime(until, moment), last_error: lastError }];
}

export const providerTable: Table<ProviderListView, ProviderView> = {
  rows: ({ providers }) => providers,
  columns: [
    { field: "name", header: "Provider", kind: "name" },
    {
      field: "max_servers",
      header: "Max-servers",
      kind: "number",
      cell: ({ max_servers }) => max_servers === -1 ? "retired" : textOf(max_servers),
    },
    { field: "servers", header: "Servers", kind: "count", spare: 2 },
    ...countColumns<ProviderView>(),
    {
      field: "quota",
      header: "Instances",
      kind: "number",
      spare: 3,
      cell: ({ quota }) => use(quota?.instances),
    },
    {
      field: "reachable",
      header: "Cloud",
      kind: "state",
      cell: ({ reachable }) =>
        reachable === null ? "not contacted yet" : reachable ? "answers" : "does not answer",
    },
    { field: "missing", header: "Missing", kind: "reason", cell: ({ missing }) => describeMissing(missing) },
    {
      field: "api.latency",
      header: "Latency",
      kind: "number",
      spare: 1,
      cell: ({ api }) => latency(api?.latency),
    },
    { field: "error", header: "Error", kind: "reason", cell: ({ error }) => error?.message ?? "" },
    {
      field: "pauses",
      header: "Paused",
      kind: "reason",
      cell: ({ pauses }) => pauses.map(describePause).join("; "),
    },
    { field: "retirement.message", header: "Retired", kind: "reason" },
    { field: "cloud", header: "Named", wide: true },
    { field: "region", header: "Region", wide: true },
    { field: "proxy", header: "Proxy", wide: true },
    {
      field: "quota.cores",
      header: "Cores",
      kind: "number",
      wide: true,
      cell: ({ quota }) => use(quota?.cores),
    },
    {
      field: "quota.ram_mib",
      header: "RAM MiB",
      kind: "number",
      wide: true,
      cell: ({ quota }) => use(quota?.ram_mib),
    },
    { field: "api.requests", header: "Requests", kind: "count", wide: true },
    { field: "api.errors", header: "Errors", kind: "count", wide: true },
    { field: "listed", header: "Listed", kind: "time", wide: true },
    { field: "configured", header: "Configured", wide: true },
  ],
};

/** `12/40`, `12` where there is no limit. */
function use(quota: QuotaUseView | null | undefined): string {
  if (quota === undefined) return "";
  if (quota === null) return "quota unknown";
  return quota.limit === null ? String(quota.used) : `${quota.used}/${quota.limit}`;
}

function describeMissing(missing: MissingView | null = null): string {
  if (missing === null) return "";
  return `${missing.servers + missing.images}${missing.doubtful ? " (doubtful)" : ""}`;
}

function latency(seconds: number | null | undefined): string {
  return seconds === null || seconds === undefined ? "" : `${seconds.toFixed(2)} s`;
}

function describePause({ label, failures, until }: PauseView): string {
  const name = label || "servers for images";
  const launches = failures === 1 ? "launch" : "launches";
  return `${name} until ${until} after ${failures} failed ${launches}`;
}
