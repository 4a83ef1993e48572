/** Whether the pool can do its work, as `/readyz` tells load balancers and monitoring. */
import * as v from "valibot";
import type {
  DaemonReport,
  PoolReport,
  ProviderReport,
  StateReport,
  TaskReport,
} from "../domain/pool_report.ts";
import { describeMissing, describeStale } from "../domain/observation.ts";
import { isVacated, retirementOf } from "../domain/retirement.ts";
import { durationText, earliest, type Instant, MINUTE } from "../domain/time.ts";
import { leadingProblems } from "./machine_problems.ts";
import { type PoolProblem, problem, problemText, providerProblem, remedies } from "./pool_problem.ts";
import { remedyOf } from "./remedy.ts";
import { rows, string } from "./view_schema.ts";

export const readinessViewSchema = v.object({
  ready: v.boolean(),
  /** Why not; empty when ready. */
  reasons: rows(string),
});
export type ReadinessView = v.InferOutput<typeof readinessViewSchema>;

/** A turn of the loop takes seconds at most; one that has taken this long waits for something that will not come. */
const HANGING = 2 * MINUTE;

/**
 * Ready: a daemon takes on work, it is sure to lead, its state can be written, it plans, it may launch, and at least
 * one of its clouds answers and is not frozen (or none is configured). A daemon that runs on its last good
 * configuration is ready, unless that could not be put into effect. Strict: nor does anything else need a look that
 * stands in the way of a part of the work.
 */
export function viewReadiness(report: PoolReport, { strict = false } = {}): ReadinessView {
  const { daemon, state, machines } = report;
  const reasons = [
    ...(daemon === null ? [problem("no daemon is running")] : []),
    ...(daemon?.accepting === false ? [problem("the daemon is stopping")] : []),
    ...effectProblems(daemon?.configFault ?? null),
    ...(machines === null || machines.isSure ? [] : leadingProblems(machines)),
    ...stateProblems(state),
    ...(state.problem === null ? planningProblems(daemon, report) : []),
    ...answerProblems(report),
    ...(strict ? lesserProblems(report) : []),
  ];
  // What keeps all of the work is said once.
  const texts = [...new Set(reasons.map(problemText))];
  return { ready: texts.length === 0, reasons: texts };
}

/** Without its tick, a pool stands still. */
function planningProblems(daemon: DaemonReport | null, moment: { now: Instant }): PoolProblem[] {
  const lastError = tickOf(daemon)?.lastError ?? null;
  return [
    ...(lastError === null ? [] : [problem(`the task tick fails: ${lastError.message}`)]),
    ...hangingProblems(daemon, moment),
  ];
}

function tickOf(daemon: Pick<DaemonReport, "tasks"> | null): TaskReport | undefined {
  return daemon?.tasks.find(({ name }) => name === "tick");
}

/** The loop, where it does not come to its end. */
export function hangingProblems(
  daemon: Pick<DaemonReport, "tasks"> | null,
  { now }: { now: Instant },
): PoolProblem[] {
  const since = tickOf(daemon)?.runningSince ?? null;
  if (since === null || now - since < HANGING) return [];
  return [problem(`the task tick hangs: its run began ${durationText(now - since)} ago`, { since })];
}

function answerProblems(report: PoolReport): PoolProblem[] {
  const { providers } = report;
  const answering = providers.filter(({ reachable }) => reachable === true);
  if (answering.length > 0) {
    return answering.every(({ frozen }) => frozen !== null) ? frozenProblems(answering) : [];
  }
  if (providers.length === 0) return [];
  const failures = providers.flatMap(({ name, error }) =>
    error === null ? [] : [`${name}: ${error.message}`]
  );
  if (failures.length === 0) return [problem("no provider has answered yet")];
  const awaited = unanswered(report).join(", ");
  return [
    problem(
      awaited === ""
        ? `no provider answers: ${failures.join("; ")}`
        : `no provider has answered yet: ${failures.join("; ")}; waiting for the first answer of ${awaited}`,
    ),
  ];
}

function frozenProblems(providers: readonly ProviderReport[]): PoolProblem[] {
  return providers.flatMap(({ name, frozen }) => frozen === null ? [] : [providerProblem(name, frozen)]);
}

function lesserProblems(report: PoolReport): PoolProblem[] {
  const { daemon, providers } = report;
  // Where no provider answers at all, that has been said.
  const someAnswer = providers.some(({ reachable }) => reachable === true);
  const awaited = unanswered(report).map((name) => providerProblem(name, "it has not answered yet"));
  return [
    ...configurationProblems(report),
    ...(someAnswer ? [...cloudProblems(report), ...awaited] : []),
    ...listingProblems(report),
    ...frozenProblems(providers),
    ...taskProblems(daemon && { tasks: daemon.tasks.filter(({ name }) => name !== "tick") }),
    ...targetProblems(report),
    ...linkProblems(report),
  ];
}

/** The faults that keep a pool from its work, whatever its clouds do. */
export function stateProblems({ problem: unwritable, withheld }: StateReport): PoolProblem[] {
  return [
    ...(unwritable === null ? [] : [problem(unwritable)]),
    ...(withheld === null ? [] : [problem(`nothing is launched: ${withheld}`)]),
  ];
}

/** Why the configuration as it was last read is not in effect, or not as a whole. */
export function configurationProblems(report: Pick<PoolReport, "daemon" | "configProblems">): PoolProblem[] {
  const { configProblems = [], configFault = null }: Partial<DaemonReport> = report.daemon ?? report;
  return [
    ...configProblems.map((text) => problem(`configuration: ${text}`)),
    ...effectProblems(configFault),
  ];
}

function effectProblems(fault: string | null): PoolProblem[] {
  return fault === null ? [] : [problem(`the configuration is only partly in effect: ${fault}`)];
}

/** Providers that do not answer, and services of others that do not; those that are retired and empty do not matter. */
export function cloudProblems(report: PoolReport): PoolProblem[] {
  return report.providers.filter(({ name }) => !isVacant(name, report)).flatMap((provider) => {
    const { name, reachable, error, stale, obstacle } = provider;
    const site = { provider: name, label: null, config: report.config, pool: report };
    const unreachable = reachable !== false || error === null ? [] : [
      providerProblem(name, error.message, {
        remedies: remedies(obstacle && remedyOf(obstacle, site).text),
        since: error.since,
        until: earliest(stale.map(({ retryAt }) => retryAt)),
      }),
    ];
    // Where a cloud is out of reach altogether, once is enough.
    const lesser = stale.filter(({ message }) => reachable !== false || message !== error?.message)
      .map((one) =>
        providerProblem(name, describeStale(one, report), { since: one.since, until: one.retryAt })
      );
    return [...unreachable, ...lesser];
  });
}

/** Providers that are wanted and have given no first answer, nor failed to. */
function unanswered(report: PoolReport): string[] {
  return report.providers.flatMap(({ name, reachable }) =>
    reachable === null && !isVacant(name, report) ? [name] : []
  );
}

function isVacant(provider: string, report: PoolReport): boolean {
  const retirement = retirementOf(provider, report);
  return retirement !== null && isVacated(retirement);
}

/** Providers whose listings cannot be relied on. */
export function listingProblems({ providers }: Pick<PoolReport, "providers">): PoolProblem[] {
  return providers.flatMap(({ name, missing }) =>
    missing?.isDoubtful ? [providerProblem(name, describeMissing(missing), { since: missing.since })] : []
  );
}

/** The tasks whose last run failed. */
export function taskProblems(daemon: Pick<DaemonReport, "tasks"> | null): PoolProblem[] {
  return (daemon?.tasks ?? []).flatMap(({ name, lastError }) =>
    lastError === null ? [] : [problem(`task ${name}: ${lastError.message}`, { lastAt: lastError.at })]
  );
}

/** Where no nodes can be handed to. */
export function targetProblems({ targets }: Pick<PoolReport, "targets">): PoolProblem[] {
  return [...targets].flatMap(([name, state]) =>
    state.online ? [] : [problem(`target ${name} is offline: ${state.reason}`)]
  );
}

/** Servers that no demand and no job events come from. */
export function linkProblems({ links }: Pick<PoolReport, "links">): PoolProblem[] {
  return links.flatMap(({ name, state }) =>
    state.status === "away"
      ? [problem(`${name}: ${state.message}`, { since: state.since, until: state.retryAt })]
      : []
  );
}
