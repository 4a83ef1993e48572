/** Whether nodes get a floating IP, from where and why. */
import { chooseNetworks, isUnclear } from "../../plan/choose_networks.ts";
import { floatingIpSources, planFloatingIps } from "../../plan/floating_ip_plan.ts";
import { suggest } from "../../lib/suggest.ts";
import { failure, type Finding, ok } from "../finding.ts";
import type { Look } from "../look.ts";

export function checkFloatingIps({ provider, seen }: Look): Finding[] {
  // Problems of its own networks are findings of the networks.
  const { networks } = seen.catalog;
  if (networks === null || isUnclear(chooseNetworks(provider, { networks }))) return [];
  const about = { check: "floating_ip", subject: provider.pool } as const;
  const { use, reason } = planFloatingIps(provider, networks);
  if (use === "no") return [ok(about, `nodes get none, since ${reason}`)];
  const sources = floatingIpSources(provider, networks);
  if (isUnclear(sources)) {
    const names = networks.filter(({ external }) => external).map(({ name }) => name);
    const hint = sources.ids.length === 0 ? suggest(sources.wanted, names) : "";
    return [failure(about, `${sources.message}${hint}`)];
  }
  const from = sources[0]?.name ?? "";
  if (use === "yes") return [ok(about, `nodes get one from ${from}, since ${reason}`)];
  return [ok(about, `nodes may get one from ${from}: ${reason}`)];
}
