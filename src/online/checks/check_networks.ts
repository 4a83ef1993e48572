/** Whether the cloud has the networks that servers are attached to; where none is named, whether it can choose one. */
import { chooseNetworks, isUnclear } from "../../plan/choose_networks.ts";
import { suggest } from "../../lib/suggest.ts";
import { failure, type Finding, ok, warning } from "../finding.ts";
import type { Look } from "../look.ts";

export function checkNetworks({ provider, seen }: Look): Finding[] {
  const { networks } = seen.catalog;
  if (networks === null) return [];
  const about = { check: "network", subject: null } as const;
  const chosen = chooseNetworks(provider, seen.catalog);
  if (isUnclear(chosen)) {
    const names = networks.map(({ name }) => name);
    const hint = chosen.ids.length === 0 ? suggest(chosen.wanted, names) : "";
    return [failure({ ...about, subject: chosen.wanted }, `${chosen.message}${hint}`)];
  }
  if (chosen.length > 0) {
    return [ok(about, chosen.map(({ name, id }) => `${name || "?"} (${id})`).join(", "))];
  }
  const inner = networks.filter(({ external }) => !external).map(({ name }) => name);
  if (inner.length === 1) return [ok(about, `${inner[0]}, the only one`)];
  if (inner.length === 0) {
    const message = "none configured, and the cloud lists none for servers; if it chooses none by itself, " +
      "name one under networks";
    return [warning(about, message)];
  }
  return [
    failure(
      about,
      `none configured, and the cloud has several: ${inner.toSorted().join(", ")}; name one under networks`,
    ),
  ];
}
