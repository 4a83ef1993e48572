/** How the members of etcd are, for people: what a command says that etcd does not answer, and what `status` does. */
import type { EtcdMemberReport } from "./machines_report.ts";

export const REVIVE_ETCD = "start the members that do not answer, or connect them";

/** Its problem; empty: all is well. */
export function describeMember({ endpoint, problem, version }: EtcdMemberReport): string {
  if (problem === null) return "";
  return version === null ? `${endpoint} does not answer: ${problem}` : `${endpoint} answers, but ${problem}`;
}

/** `1 of 3 members answers`. */
export function countAnswers(members: readonly EtcdMemberReport[]): string {
  const count = members.filter(({ version }) => version !== null).length;
  return `${count} of ${members.length} members ${count === 1 ? "answers" : "answer"}`;
}

/** Why they do together nothing that they are asked for; null: each of them is well, as far as anybody can know. */
export function whySilent(members: readonly EtcdMemberReport[]): string | null {
  if (members.every(({ problem }) => problem === null)) return null;
  return `etcd has no majority, ${countAnswers(members)}`;
}
