/** Gauges of providers: whether they answer, how full they are, how their clients stand. Pure; computed at each scrape. */
import type { CloudStats } from "../domain/cloud_stats.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import type { Quota, QuotaUse } from "../domain/server.ts";
import { SECOND } from "../domain/time.ts";
import type { PutGauge } from "./metric_table.ts";

export function putProviderGauges({ config, providers, now }: PoolReport, put: PutGauge): void {
  for (const { name: provider, maxServers } of config?.providers ?? []) {
    put("nodepool_provider_max_servers", { provider }, maxServers);
  }
  for (
    const { name: provider, reachable, frozen, foreign, servers, listedAt, missing, ...report } of providers
  ) {
    put("nodepool_provider_up", { provider }, reachable ? 1 : 0);
    put("nodepool_provider_frozen", { provider }, frozen === null ? 0 : 1);
    put("nodepool_provider_foreign_servers", { provider }, foreign.length);
    if (servers !== null) put("nodepool_provider_servers", { provider }, servers);
    if (listedAt !== null) {
      put("nodepool_provider_listing_age_seconds", { provider }, (now - listedAt) / SECOND);
    }
    put("nodepool_provider_missing", { provider }, missing === null ? 0 : missing.servers + missing.images);
    put("nodepool_provider_doubtful", { provider }, missing?.isDoubtful ? 1 : 0);
    if (report.quota !== null) putQuota(provider, report.quota, put);
    if (report.stats !== null) putStats(provider, report.stats, put);
  }
}

const MEBIBYTE = 2 ** 20;

function putQuota(
  provider: string,
  { instances, cores, ramMib, floatingIps, ports }: Quota,
  put: PutGauge,
): void {
  const ram = ramMib && { limit: ramMib.limit * MEBIBYTE, used: ramMib.used * MEBIBYTE };
  const uses: Record<string, QuotaUse | null> = {
    instances,
    cores,
    ram_bytes: ram,
    floating_ips: floatingIps,
    ports,
  };
  for (const [resource, use] of Object.entries(uses)) {
    if (use === null) continue;
    put("nodepool_provider_quota_used", { provider, resource }, use.used);
    if (use.limit !== Infinity) put("nodepool_provider_quota_limit", { provider, resource }, use.limit);
  }
}

function putStats(provider: string, { queued, rate, certificates }: CloudStats, put: PutGauge): void {
  put("nodepool_api_queued_requests", { provider }, queued);
  put("nodepool_api_request_interval_seconds", { provider }, rate / SECOND);
  const first = Math.min(...certificates.map(({ validUntil }) => validUntil));
  if (first === Infinity) return;
  put("nodepool_provider_certificate_expiry_timestamp_seconds", { provider }, first / SECOND);
}
