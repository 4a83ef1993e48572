/** Whether nodes get a floating IP, and from where. */
import { wantsFloatingIp } from "../../plan/choose_address.ts";
import { failure, type Finding, ok, suggest } from "../finding.ts";
import type { Look } from "../look.ts";

export function checkFloatingIps({ provider, seen }: Look): Finding[] {
  if (seen.catalog === null) return [];
  const about = { check: "floating_ip", subject: provider.pool } as const;
  if (!wantsFloatingIp(provider)) return [ok(about, "nodes get none")];
  const { networks } = seen.catalog;
  const pool = networks.find(({ id, name }) => id === provider.pool || name === provider.pool);
  if (pool !== undefined) return [ok(about, `nodes get one from ${pool.name}`)];
  const names = networks.filter(({ external }) => external).map(({ name }) => name);
  return [failure(about, `no network ${provider.pool}${suggest(provider.pool ?? "", names)}`)];
}
