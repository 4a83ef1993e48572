/** The networks that servers are attached to, and their floating IPs. */
import type { Network } from "../../domain/server.ts";
import { chooseNetworks, isUnclear, type UnclearNetwork } from "../../plan/choose_networks.ts";
import { suggest } from "../../lib/suggest.ts";
import { failure, ok, type Verdict, warning } from "../finding.ts";
import type { Look } from "../look.ts";
import { floatingIpSources, planFloatingIps } from "../../plan/floating_ip_plan.ts";

/** Whether the cloud has the networks that servers are attached to; where none is named, whether it can choose one. */
export function checkNetworks({ provider, seen }: Look): Verdict {
  const { networks } = seen.catalog;
  if (networks === null) return [];
  const about = { check: "network", subject: null } as const;
  const chosen = chooseNetworks(provider, seen.catalog);
  if (isUnclear(chosen)) return failure({ ...about, subject: chosen.wanted }, unclearText(chosen, networks));
  if (chosen.length > 0) {
    return ok(about, chosen.map(({ name, id }) => `${name || "?"} (${id})`).join(", "));
  }
  const inner = networks.filter(({ external }) => !external).map(({ name }) => name);
  if (inner.length === 1) return ok(about, `${inner[0]}, the only one`);
  if (inner.length === 0) {
    const message = "none configured, and the cloud lists none for servers; if it chooses none by itself, " +
      "name one under networks";
    return warning(about, message);
  }
  return failure(
    about,
    `none configured, and the cloud has several: ${inner.toSorted().join(", ")}; name one under networks`,
  );
}

/** Whether nodes get a floating IP, from where and why. */
export function checkFloatingIps({ provider, seen }: Look): Verdict {
  // Problems of its own networks are findings of the networks.
  const { networks } = seen.catalog;
  if (networks === null || isUnclear(chooseNetworks(provider, { networks }))) return [];
  const about = { check: "floating_ip", subject: provider.pool } as const;
  const { use, reason } = planFloatingIps(provider, networks);
  if (use === "no") return ok(about, `nodes get none, since ${reason}`);
  const sources = floatingIpSources(provider, networks);
  if (isUnclear(sources)) {
    return failure(about, unclearText(sources, networks.filter(({ external }) => external)));
  }
  const from = sources[0]?.name ?? "";
  if (use === "yes") return ok(about, `nodes get one from ${from}, since ${reason}`);
  return ok(about, `nodes may get one from ${from}: ${reason}`);
}

function unclearText({ wanted, ids, message }: UnclearNetwork, networks: readonly Network[]): string {
  return ids.length > 0 ? message : `${message}${suggest(wanted, networks.map(({ name }) => name))}`;
}
