/** The condition of etcd's members, for people: in a command's message that etcd does not answer, and in `status`. */
import type { EtcdMemberReport } from "./machines_report.ts";

export const REVIVE_ETCD = "start the members that do not answer, or connect them";

/** Its problem; empty: all is well. */
export function describeMember({ endpoint, problem, version }: EtcdMemberReport): string {
  if (problem === null) return "";
  // The messages of connections begin with their host.
  const why = problem.replace(`${new URL(endpoint).host}: `, "");
  return version === null ? `${endpoint} does not answer: ${why}` : `${endpoint} answers, but ${why}`;
}

/** `1 of 3 members answers`. */
export function countAnswers(members: readonly EtcdMemberReport[]): string {
  const count = members.filter(({ version }) => version !== null).length;
  return `${count} of ${members.length} members ${count === 1 ? "answers" : "answer"}`;
}

/** Why they do together nothing that they are asked for; null: enough of them are well, as far as anybody can know. */
export function whySilent(members: readonly EtcdMemberReport[]): string | null {
  const well = members.filter(({ problem }) => problem === null).length;
  if (members.length === 0 || well > members.length / 2) return null;
  const isAnybodyThere = members.some(({ version }) => version !== null);
  return isAnybodyThere ? `etcd has no majority, ${countAnswers(members)}` : "no member of etcd answers";
}
