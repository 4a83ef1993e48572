/** Compares the project's quota with max-servers. Whether it has room now is the labels' matter. */
import type { QuotaUse } from "../../domain/server.ts";
import { planFloatingIps } from "../../plan/floating_ip_plan.ts";
import { type Finding, ok, unknown, warning } from "../finding.ts";
import type { Look } from "../look.ts";

export function checkQuota(look: Look): Finding[] {
  const { provider, seen } = look;
  const about = { check: "quota", subject: null } as const;
  if (seen.inventory.completeAt === null || seen.failure !== null) return [];
  const { quota } = seen;
  if (quota === null) return [unknown(about, "the cloud does not report it; only max-servers applies")];
  const { instances, cores, ramMib, floatingIps, ports, untold } = quota;
  const uses = Object.entries({ instances, cores, "RAM MiB": ramMib, "floating IPs": floatingIps, ports })
    .flatMap(([name, use]) => use === null || use.limit === Infinity ? [] : [`${name} ${text(use)}`]);
  if (instances === null) {
    return [unknown(about, `the cloud does not report it; only max-servers applies (${untold.join("; ")})`)];
  }
  const rest = untold.map((reason) => unknown(about, `the cloud does not report all of it (${reason})`));
  const short = shortOfFloatingIps(look);
  if (short !== null) return [warning(about, `${short} (${uses.join(", ")})`), ...rest];
  const used = uses.length === 0 ? "no limits" : uses.join(", ");
  if (instances.limit >= provider.maxServers) return [ok(about, used), ...rest];
  const more =
    `max-servers is ${provider.maxServers}, but the quota allows only ${instances.limit} instances`;
  return [warning(about, `${more}; raise it or lower max-servers (${used})`), ...rest];
}

function shortOfFloatingIps({ provider, seen: { quota, catalog } }: Look): string | null {
  const { pool, maxServers } = provider;
  const limit = quota?.floatingIps?.limit ?? Infinity;
  if (limit >= maxServers || planFloatingIps(provider, catalog.networks).use !== "yes") return null;
  const more = `max-servers is ${maxServers}, but the quota allows only ${limit} floating IPs`;
  return pool !== null
    ? `${more}; raise it or lower max-servers`
    : `${more}; raise it, or set auto-floating-ip: false where nodes are reached at their private addresses`;
}

function text({ used, limit }: QuotaUse): string {
  return `${used}/${limit}`;
}
