/** Whether the cloud has the security groups, each only once: Nova takes no name that two have. */
import { suggest } from "../../lib/suggest.ts";
import { failure, type Finding, ok, unknown } from "../finding.ts";
import type { Look } from "../look.ts";

export function checkSecurityGroups({ provider, securityGroups: groups }: Look): Finding[] {
  if (groups === null) return [];
  return provider.securityGroups.map((wanted) => {
    const about = { check: "security_group", subject: wanted } as const;
    if ("problem" in groups) return unknown(about, groups.problem);
    if (groups.value.some(({ id }) => id === wanted)) return ok(about, "found");
    const named = groups.value.filter(({ name }) => name === wanted);
    if (named.length === 1) return ok(about, named[0]!.id);
    if (named.length === 0) {
      const names = [...new Set(groups.value.map(({ name }) => name))];
      return failure(about, `no security group ${wanted}${suggest(wanted, names)}`);
    }
    const ids = named.map(({ id }) => id).join(", ");
    return failure(about, `${named.length} security groups have this name; use one of the ids ${ids}`);
  });
}
