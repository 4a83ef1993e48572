/** Whether Keystone lets us in. */
import { failure, type Finding, ok } from "../finding.ts";
import type { Look } from "../look.ts";

export function checkLogin({ login }: Look): Finding[] {
  const about = { check: "login", subject: null } as const;
  if ("problem" in login) return [failure(about, login.problem)];
  const { user, project } = login.value;
  if (project === null) {
    return [failure(about, "the login has no project; set project_name and project_domain_name")];
  }
  return [ok(about, `logged in as ${user ?? "an unnamed user"}, project ${project}`)];
}
