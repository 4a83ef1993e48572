/** The cloud as a whole: who we are there, what it shows us, its clock, certificates and quota. */
import { answerOf, failure, ok, unknown, type Verdict, warning } from "../finding.ts";
import type { QuotaUse } from "../../domain/server.ts";
import { planFloatingIps } from "../../plan/floating_ip_plan.ts";
import type { Look } from "../look.ts";
import { DAY, durationText, isoText } from "../../domain/time.ts";
import { clockSkew } from "../../domain/clock_skew.ts";

/** Whether Keystone lets us in. */
export function checkLogin({ login }: Look): Verdict {
  const about = { check: "login", subject: null } as const;
  if ("problem" in login) return failure(about, login.problem);
  const { user, project } = login.value;
  if (project === null) {
    return failure(about, "the login has no project; set project_name and project_domain_name");
  }
  return ok(about, `logged in as ${user ?? "an unnamed user"}, project ${project}`);
}

/** Roles with which default policies let nobody change anything. */
const READING = new Set(["reader", "auditor", "observer"]);

/** Whether the user's roles look like those of somebody who may make servers: policies differ, so it is a guess. */
export function checkRoles({ login }: Look): Verdict {
  const about = { check: "roles", subject: null } as const;
  const roles = answerOf(login)?.roles ?? [];
  if (roles.length === 0) return [];
  const names = roles.join(", ");
  if (roles.every((role) => READING.has(role))) {
    return warning(about, `only ${names}, which may read but not launch; give the user the role member`);
  }
  return ok(about, names);
}

/** Whether the cloud lists what the daemon must know before it launches anything. */
export function checkListings({ login, seen }: Look): Verdict {
  const about = { check: "listings", subject: null } as const;
  if ("problem" in login) return [];
  if (seen.failure !== null) return failure(about, seen.failure.message);
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

/** Sooner, it is time to see to it. */
const SOON = 30 * DAY;

/** Until when the certificates of the cloud's services are valid. One that is not stops the login. */
export function checkCertificates({ provider, certificates, now, wallOffset }: Look): Verdict {
  return certificates.map(({ host, validUntil }) => {
    const about = { check: "certificate", subject: host } as const;
    const left = validUntil - now - wallOffset;
    const day = isoText(validUntil).slice(0, 10);
    if (!provider.access.verify) {
      return warning(about, `not verified, since verify is false; it expires on ${day}`);
    }
    if (left >= SOON) return ok(about, `valid until ${day}`);
    const days = Math.max(0, Math.floor(left / DAY));
    return warning(about, `expires on ${day}, in ${days} day${days === 1 ? "" : "s"}; renew it`);
  });
}

/** Whether this machine and the cloud agree on the time: certificates and people rely on it, launches do not. */
export function checkClock({ seen, cloudAhead, wallOffset }: Look): Verdict {
  const about = { check: "clock", subject: null } as const;
  if (seen.inventory.completeAt === null) return [];
  if (cloudAhead === null) return unknown(about, "the cloud does not report its time");
  const skew = clockSkew(cloudAhead, wallOffset);
  if (skew === 0) return ok(about, "agrees with this machine's");
  const where = `${durationText(Math.abs(skew))} ${skew > 0 ? "ahead of" : "behind"}`;
  return warning(about, `the cloud's clock is ${where} this machine's; set the one that is wrong`);
}

/** Compares the project's quota with max-servers. Whether it has room now is the labels' matter. */
export function checkQuota(look: Look): Verdict {
  const { provider, seen } = look;
  const about = { check: "quota", subject: null } as const;
  if (seen.inventory.completeAt === null || seen.failure !== null) return [];
  const { quota } = seen;
  if (quota === null) return unknown(about, "the cloud does not report it; only max-servers applies");
  const { instances, cores, ramMib, floatingIps, ports, untold } = quota;
  const uses = Object.entries({ instances, cores, "RAM MiB": ramMib, "floating IPs": floatingIps, ports })
    .flatMap(([name, use]) => use === null || use.limit === Infinity ? [] : [`${name} ${text(use)}`]);
  if (instances === null) {
    return unknown(about, `the cloud does not report it; only max-servers applies (${untold.join("; ")})`);
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
