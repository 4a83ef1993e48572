/** The problems of a pool on several machines: who is missing, and how etcd is. `list_problems.ts` has them among the others. */
import { differingKeys } from "../domain/differing_keys.ts";
import type {
  EtcdMemberReport,
  LostMachine,
  MachinesReport,
  MemberMachine,
} from "../domain/machines_report.ts";
import { countAnswers, describeMember, REVIVE_ETCD, whySilent } from "../domain/describe_etcd.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { DAY, durationText, HOUR, SECOND } from "../domain/time.ts";
import { type PoolProblem, problem, remedies } from "./pool_problem.ts";
import { sizeText } from "./machines.ts";

/** Of its quota. */
const NEARLY_FULL = 0.8;

/** A machine whose clock is farther off leads no more once it has stopped. */
const CLOCK_TOLERANCE = 2.5 * SECOND;

/** The gravest first; empty: all is well, or there is but one machine. */
export function machineProblems(
  { machines, config }: Pick<PoolReport, "machines" | "config">,
): PoolProblem[] {
  if (machines === null) return [];
  const isToBuild = (config?.diskimages.length ?? 0) > 0;
  return [
    ...leadingProblems(machines),
    ...machines.etcd.flatMap((member) => etcdProblems(member, machines)),
    ...(machines.uncompactedFor === null ? [] : [uncompacted(machines.uncompactedFor)]),
    ...clockProblems(machines),
    ...(isToBuild && machines.whyNobodyBuilds !== null
      ? [problem(`nothing builds images: ${machines.whyNobodyBuilds}`, { manual: "builder-machine" })]
      : machines.builders.filter((builder) => builder.problem !== null).map(({ host, problem: trouble }) =>
        problem(`the builder on ${host} does nothing: ${trouble}`, { manual: "builder-machine" })
      )),
    ...machines.members.flatMap((member) => configProblems(member, machines)),
    ...machines.lost.map((lost) => lostMachine(lost, machines)),
  ];
}

/** Why the daemon that answers does nothing. */
export function leadingProblems(
  { self, isSure, leader, etcd, problem: trouble }: MachinesReport,
): PoolProblem[] {
  if (self === null && leader === null && trouble !== null) {
    const unknown = noLeader("it is not known which machine leads the pool", trouble);
    return [{ ...unknown, remedies: remedies(whySilent(etcd) === null ? null : REVIVE_ETCD) }];
  }
  if (self === null) return leader === null ? [noLeader("no machine leads the pool", null)] : [];
  if (leader !== null && leader.id !== self.id) {
    return [noLeader(`${leader.host} leads the pool, and this daemon is about to end`, null)];
  }
  const unsure =
    "this machine is not sure that it leads, since etcd has not confirmed it: it changes nothing";
  if (!isSure) return [noLeader(unsure, trouble)];
  return trouble === null ? [] : [noLeader("cannot see the machines of the pool", trouble)];
}

function noLeader(what: string, trouble: string | null): PoolProblem {
  return problem(trouble === null ? what : `${what}: ${trouble}`, { manual: "no-leader" });
}

function etcdProblems(member: EtcdMemberReport, { etcd }: MachinesReport): PoolProblem[] {
  const { endpoint, databaseSize, quota, isFull } = member;
  const trouble = describeMember(member);
  if (trouble !== "") {
    return [problem(`etcd at ${trouble}; ${countAnswers(etcd)}`, { manual: "etcd-member-down" })];
  }
  const size = sizeText(databaseSize ?? 0);
  const limit = sizeText(quota ?? 0);
  const full = isFull
    ? `is full and takes no more writes: its database has ${size}`
    : quota !== null && (databaseSize ?? 0) > NEARLY_FULL * quota
    ? `will be full soon: its database has ${size} of ${limit}`
    : null;
  return full === null ? [] : [problem(`etcd at ${endpoint} ${full}`, { manual: "etcd-full" })];
}

function uncompacted(length: number): PoolProblem {
  const hours = durationText(Math.floor(length / HOUR) * HOUR);
  return problem(`etcd has not compacted its data for ${hours}, and its database grows with every change`, {
    remedies: remedies(
      "start its members with --auto-compaction-mode=periodic --auto-compaction-retention=1h",
    ),
    manual: "etcd-full",
  });
}

function clockProblems({ clockAhead }: MachinesReport): PoolProblem[] {
  if (clockAhead === null || Math.abs(clockAhead) <= CLOCK_TOLERANCE) return [];
  const by = `${(Math.abs(clockAhead) / SECOND).toFixed(1)} s`;
  const way = clockAhead > 0 ? "behind" : "ahead of";
  return [
    problem(`this machine's clock is ${by} ${way} etcd's, so it would not be allowed to lead again`, {
      remedies: remedies("synchronize the clocks of all machines with NTP"),
      manual: "clock",
    }),
  ];
}

/** It would go to work with another one once it leads, or does now where it builds. */
function configProblems(member: MemberMachine, machines: MachinesReport): PoolProblem[] {
  const keys = differingKeys(machines, member);
  if (keys.length === 0) return [];
  const what = `the configuration of the ${member.role} ${member.host} differs from the leader's: ${
    keys.join(", ")
  }`;
  return [
    problem(what, {
      remedies: remedies("give all machines the same configuration file and clouds.yaml"),
      manual: "config-differs",
    }),
  ];
}

/** That nobody builds any more is a problem of its own. */
function lostMachine({ host, role, since }: LostMachine, { members }: MachinesReport): PoolProblem {
  const isLast = role === "standby" && !members.some((member) => member.role === role);
  const effect = isLast ? ": no machine takes over if this one fails" : "";
  return problem(`the ${role} ${host} is gone${effect}`, {
    remedies: remedies(
      `start nodepool there; if that machine will not come back, this problem goes away after a day`,
    ),
    manual: "lost-machine",
    since,
    until: since + DAY,
  });
}
