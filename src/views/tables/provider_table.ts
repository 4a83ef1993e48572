/** The columns of `provider-list`. */
import type {
  MissingView,
  PauseView,
  ProviderListView,
  ProviderView,
  QuotaUseView,
} from "../provider_list.ts";
import { type Table, textOf } from "./column.ts";
import { countColumns } from "../state_counts.ts";

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
