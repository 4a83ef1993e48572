/** Whether the cloud lists what the daemon must know before it launches anything. */
import { failure, type Finding, ok } from "../finding.ts";
import type { Look } from "../look.ts";

export function checkListings({ login, seen }: Look): Finding[] {
  const about = { check: "listings", subject: null } as const;
  if ("problem" in login) return [];
  if (seen.failure !== null) return [failure(about, seen.failure.message)];
  const troubles = [...seen.troubles].map(([look, { message }]) =>
    failure({ ...about, subject: look }, message)
  );
  const { flavors, networks } = seen.catalog;
  const servers = seen.inventory.servers.size;
  const counts = [[servers, "server"], [flavors?.length, "flavor"], [networks?.length, "network"]] as const;
  const listed = counts.flatMap(([count, what]) =>
    count === undefined ? [] : [`${count} ${what}${count === 1 ? "" : "s"}`]
  );
  return [...troubles, ok(about, listed.join(", "))];
}
