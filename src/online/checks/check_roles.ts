/** Whether the user's roles look like those of somebody who may make servers: policies differ, so it is a guess. */
import { answerOf, type Finding, ok, warning } from "../finding.ts";
import type { Look } from "../look.ts";

/** Roles with which default policies let nobody change anything. */
const READING = new Set(["reader", "auditor", "observer"]);

export function checkRoles({ login }: Look): Finding[] {
  const about = { check: "roles", subject: null } as const;
  const roles = answerOf(login)?.roles ?? [];
  if (roles.length === 0) return [];
  const names = roles.join(", ");
  if (roles.every((role) => READING.has(role))) {
    return [warning(about, `only ${names}, which may read but not launch; give the user the role member`)];
  }
  return [ok(about, names)];
}
