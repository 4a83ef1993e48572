/** Whether the pool can do its work: what `/readyz` tells load balancers and monitoring. */
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
import { type PoolProblem, problem, problemText, remedies } from "./pool_problem.ts";
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
    ...(daemon === null ? ["no daemon is running"] : daemonProblems(daemon)),
    ...(machines === null || machines.isSure ? [] : leadingProblems(machines).map(problemText)),
    ...stateProblems(state).map(problemText),
    ...(state.problem === null ? planningProblems(daemon?.tasks ?? [], report) : []),
    ...answerProblems(report),
  ];
  const lesser = strict ? lesserProblems(report) : [];
  // What keeps all of the work is said once.
  const all = [...reasons, ...lesser.filter((one) => !reasons.includes(one))];
  return { ready: all.length === 0, reasons: all };
}

function daemonProblems({ accepting, configFault }: DaemonReport): string[] {
  return [
    ...(accepting ? [] : ["the daemon is stopping"]),
    ...effectProblems(configFault),
  ];
}

/** Without its tick, a pool stands still. */
function planningProblems(tasks: readonly TaskReport[], moment: { now: Instant }): string[] {
  const lastError = tickOf(tasks)?.lastError ?? null;
  return [
    ...(lastError === null ? [] : [`the task tick fails: ${lastError.message}`]),
    ...hangingProblems({ tasks }, moment).map(problemText),
  ];
}

function tickOf(tasks: readonly TaskReport[]): TaskReport | undefined {
  return tasks.find(({ name }) => name === "tick");
}

/** The loop, where it does not come to its end. */
export function hangingProblems(
  daemon: Pick<DaemonReport, "tasks"> | null,
  { now }: { now: Instant },
): PoolProblem[] {
  const since = tickOf(daemon?.tasks ?? [])?.runningSince ?? null;
  if (since === null || now - since < HANGING) return [];
  return [problem(`the task tick hangs: its run began ${durationText(now - since)} ago`, { since })];
}

function answerProblems(report: PoolReport): string[] {
  const { providers } = report;
  const answering = providers.filter(({ reachable }) => reachable === true);
  if (answering.length > 0) {
    return answering.every(({ frozen }) => frozen !== null) ? frozenProblems(answering) : [];
  }
  if (providers.length === 0) return [];
  const failures = providers.flatMap(({ name, error }) =>
    error === null ? [] : [`${name}: ${error.message}`]
  );
  if (failures.length === 0) return ["no provider has answered yet"];
  const awaited = unanswered(report).join(", ");
  return awaited === ""
    ? [`no provider answers: ${failures.join("; ")}`]
    : [`no provider has answered yet: ${failures.join("; ")}; waiting for the first answer of ${awaited}`];
}

function frozenProblems(providers: readonly ProviderReport[]): string[] {
  return providers.flatMap(({ name, frozen }) => frozen === null ? [] : [`provider ${name}: ${frozen}`]);
}

function lesserProblems(report: PoolReport): string[] {
  const { daemon, providers } = report;
  // Where no provider answers at all, that has been said.
  const someAnswer = providers.some(({ reachable }) => reachable === true);
  return [
    ...configurationProblems(report).map(problemText),
    ...(someAnswer ? cloudProblems(report).map(problemText) : []),
    ...(someAnswer ? unanswered(report).map((name) => `provider ${name}: it has not answered yet`) : []),
    ...listingProblems(report).map(problemText),
    ...frozenProblems(providers),
    ...[
      ...taskProblems(daemon && { tasks: daemon.tasks.filter(({ name }) => name !== "tick") }),
      ...targetProblems(report),
      ...linkProblems(report),
    ].map(problemText),
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
  const texts = [...configProblems.map((text) => `configuration: ${text}`), ...effectProblems(configFault)];
  return texts.map((text) => problem(text));
}

function effectProblems(fault: string | null): string[] {
  return fault === null ? [] : [`the configuration is not in effect as a whole: ${fault}`];
}

/** Providers that do not answer, and services of others that do not; those that are retired and empty do not matter. */
export function cloudProblems(report: PoolReport): PoolProblem[] {
  return report.providers.filter(({ name }) => !isVacant(name, report)).flatMap((provider) => {
    const { name, reachable, error, stale } = provider;
    // Where a cloud is out of reach altogether, once is enough.
    const lesser = stale.filter(({ message }) => reachable !== false || message !== error?.message);
    return [
      ...(reachable === false && error !== null ? [unreachable(provider, { error, report })] : []),
      ...lesser.map((one) =>
        problem(`provider ${name}: ${describeStale(one, report)}`, {
          since: one.since,
          until: one.retryAt,
          thing: { kind: "provider", name },
        })
      ),
    ];
  });
}

function unreachable(
  { name, obstacle, stale }: ProviderReport,
  { error, report }: { error: NonNullable<ProviderReport["error"]>; report: PoolReport },
): PoolProblem {
  const site = { provider: name, label: null, config: report.config, pool: report };
  return problem(`provider ${name}: ${error.message}`, {
    remedies: remedies(obstacle && remedyOf(obstacle, site).text),
    since: error.since,
    until: earliest(stale.map(({ retryAt }) => retryAt)),
    thing: { kind: "provider", name },
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
    missing?.isDoubtful
      ? [
        problem(`provider ${name}: ${describeMissing(missing)}`, {
          since: missing.since,
          thing: { kind: "provider", name },
        }),
      ]
      : []
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
