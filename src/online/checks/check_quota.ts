/** What the project's quota leaves of max-servers. Whether it has room now is the labels' matter. */
import type { QuotaUse } from "../../domain/server.ts";
import { type Finding, ok, unknown, warning } from "../finding.ts";
import type { Look } from "../look.ts";

export function checkQuota({ provider, seen }: Look): Finding[] {
  const about = { check: "quota", subject: null } as const;
  if (seen.inventory.completeAt === null || seen.failure !== null) return [];
  const { quota } = seen;
  if (quota === null) return [unknown(about, "the cloud does not tell it; max-servers alone counts")];
  const { instances, cores, ramMib, floatingIps, ports, untold } = quota;
  const uses = Object.entries({ instances, cores, "RAM MiB": ramMib, "floating IPs": floatingIps, ports })
    .flatMap(([name, use]) => use === null || use.limit === Infinity ? [] : [`${name} ${text(use)}`]);
  if (instances === null) {
    return [unknown(about, `the cloud does not tell it; max-servers alone counts (${untold.join("; ")})`)];
  }
  const used = uses.length === 0 ? "no limits" : uses.join(", ");
  if (instances.limit >= provider.maxServers) return [ok(about, used)];
  const more =
    `max-servers is ${provider.maxServers}, but the quota allows only ${instances.limit} instances`;
  return [warning(about, `${more}; raise it or lower max-servers (${used})`)];
}

function text({ used, limit }: QuotaUse): string {
  return `${used}/${limit}`;
}
