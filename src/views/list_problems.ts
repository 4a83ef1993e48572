/**
 * The problems of a pool that need somebody's attention, the gravest kind first. `status`, the status line and the
 * dashboard show them: what one says, all say.
 */
import type { CloudClock } from "../domain/clock_record.ts";
import { describeSubject } from "../domain/defect.ts";
import { isNeverMet, obstacleOfPause } from "../domain/obstacle.ts";
import { describeForeign, implausibleMark } from "../domain/pool_report.ts";
import type { ClockStep, PoolReport, ProviderReport } from "../domain/pool_report.ts";
import { retirementOf } from "../domain/retirement.ts";
import { durationText, earliest, HOUR, MINUTE, type Moment } from "../domain/time.ts";
import { countText } from "../domain/count_text.ts";
import {
  cloudProblems,
  configurationProblems,
  hangingProblems,
  linkProblems,
  listingProblems,
  stateProblems,
  targetProblems,
  taskProblems,
} from "./health.ts";
import { machineProblems } from "./machine_problems.ts";
import { missingNodes } from "./missing_nodes.ts";
import { viewObstacle } from "./obstacle_view.ts";
import { type PoolProblem, problem, problemText, providerProblem, remedies } from "./pool_problem.ts";
import { remedyOf } from "./remedy.ts";
import { isoTime } from "./view_head.ts";

/** One line each; empty: all is well. */
export function listProblems(report: PoolReport): string[] {
  return problemsOf(report).map(problemText);
}

export function problemsOf(report: PoolReport): PoolProblem[] {
  const { clock, daemon, providers, state } = report;
  const isRetired = (name: string | null) => name !== null && retirementOf(name, report) !== null;
  return [
    ...linked(stateProblems({ ...state, withheld: null }), "disk-full"),
    ...linked(stateProblems({ ...state, problem: null }), "lost-state"),
    ...machineProblems(report),
    ...hangingProblems(daemon, report).map((one) => ({ ...one, remedies: remedies(RESTART) })),
    ...defectProblems(report),
    ...linked(configurationProblems(report), "broken-configuration"),
    ...linked([...(clock?.clouds ?? []).map(cloudClock), ...clockStep(clock?.step ?? null, report)], "clock"),
    ...linked(cloudProblems(report), "unreachable"),
    ...linked(listingProblems(report), "doubtful"),
    ...providers.flatMap((provider) => doubtsOf(provider, report)),
    ...linked(lostHolds(report), "doubtful"),
    ...linked(
      report.pauses.filter(({ provider }) => !isRetired(provider)).map((pause) =>
        failedLaunches(pause, report)
      ),
      "paused",
    ),
    ...missingNodes(report),
    ...requestProblems(report),
    ...linked(
      report.orders.filter(({ failures, provider }) => failures > 0 && !isRetired(provider)).map(failedImage),
      "no-image",
    ),
    ...linked([...offlineTargets(report), ...linkProblems(report)], "no-jobs"),
    ...taskProblems(daemon),
    ...(daemon?.log?.problems ?? []).map((message) => problem(message)),
  ];
}

/** Each with the section of the manual that says what to do. */
function linked(problems: readonly PoolProblem[], manual: PoolProblem["manual"]): PoolProblem[] {
  return problems.map((one) => ({ ...one, manual }));
}

const RESTART =
  "restart the daemon; nodes and requests stay; first save the output of `nodepool dump` for a report";

/** A plan that breaks is reported by its task. */
function defectProblems({ defects }: PoolReport): PoolProblem[] {
  return defects.filter(({ of }) => of.kind !== "plan of").map(({ of, doing, message, since }) =>
    problem(`${describeSubject(of)}: ${doing} failed: ${message}; the others are not affected`, {
      since,
      thing: of.kind === "node" || of.kind === "request" || of.kind === "label"
        ? { kind: of.kind, name: String(of.id) }
        : null,
    })
  );
}

function failedLaunches(pause: PoolReport["pauses"][number], { now, config }: PoolReport): PoolProblem {
  const { label, provider, failures, lastError, lastFailureAt, until } = pause;
  // Servers that are there for an image belong to no label.
  const what = label === "" ? "servers for images" : `label ${label}`;
  const { text } = remedyOf(obstacleOfPause(pause, now), { provider, label, config });
  const launches = `${failures} failed ${failures === 1 ? "launch" : "launches"}`;
  return problem(`${what} on ${provider}: ${launches}, last: ${lastError}`, {
    remedies: remedies(text),
    lastAt: lastFailureAt,
    until: until !== null && until > now ? until : null,
    thing: label === "" ? { kind: "provider", name: provider } : { kind: "label", name: label },
  });
}

function failedImage(
  { provider, image, failures, lastError, lastFailureAt, until }: PoolReport["orders"][number],
): PoolProblem {
  const what = provider === null ? `diskimage ${image}` : `image ${image} on ${provider}`;
  return problem(`${what}: ${countText(failures, "failed attempt")}, last: ${lastError}`, {
    remedies: remedies(`see \`nodepool explain ${image}\``),
    lastAt: lastFailureAt,
    until,
    thing: { kind: "image", name: image },
  });
}

function offlineTargets(report: PoolReport): PoolProblem[] {
  const site = { provider: null, label: null, config: report.config };
  const { text } = remedyOf({ kind: "target-offline", targets: [] }, site);
  return targetProblems(report).map((one) => ({ ...one, remedies: remedies(text) }));
}

/** Requests that stay unmet however long they wait, for a reason of their own. */
function requestProblems(report: PoolReport): PoolProblem[] {
  const requests = new Map(report.requests.map((request) => [request.id, request]));
  return [...report.waits].flatMap(([id, refusals]) => {
    const { label = "", createdAt = null } = requests.get(id) ?? {};
    const never = refusals.filter(({ obstacle }) => isNeverMet(obstacle))
      .map((refusal) => viewObstacle(refusal, { report, label }));
    return never.map((view) =>
      problem(`request ${id} for ${label}: ${view.message}`, {
        remedies: [view],
        since: createdAt,
        thing: { kind: "request", name: String(id) },
      })
    );
  });
}

/** Held nodes whose servers are gone: only their holders know whether they are still of use. */
function lostHolds({ nodes }: PoolReport): PoolProblem[] {
  const lost = nodes.filter(({ waitingOn }) => waitingOn?.reason === "gone");
  if (lost.length === 0) return [];
  const ids = [...new Set(lost.map(({ id, parentId }) => parentId ?? id))];
  const what = "held nodes whose servers are no longer on the cloud still count against max-servers";
  return [problem(`${what}: ${ids.join(", ")}`, {
    remedies: remedies(`when nobody needs them any more, \`nodepool delete ${ids.join(" ")}\``),
    since: earliest(lost.map(({ waitingOn }) => waitingOn!.since)),
    thing: { kind: "node", name: String(ids[0]) },
  })];
}

/** The signs that the state is not the only one, or not up to date. */
function doubtsOf(
  { name, frozen, foreign, foreignFloatingIps, implausible }: ProviderReport,
  { nodes }: Pick<PoolReport, "nodes">,
): PoolProblem[] {
  const held = nodes.filter(({ provider, hold, state }) =>
    provider === name && state.phase === "hold" && hold?.mayBeInUse
  );
  const doubt = (text: string) => providerProblem(name, text);
  const older = foreign.length === 0 || frozen !== null ? [] : [
    doubt(
      "the state is older than the cloud, which has servers of this installation that the state did not create: " +
        `${foreign.map(describeForeign).join(", ")}; \`nodepool state adopt\` turns them into held nodes`,
    ),
  ];
  const left = foreignFloatingIps.length === 0 ? [] : [
    doubt(
      "floating IPs of this installation that this state did not create, and that no server has: " +
        `${foreignFloatingIps.join(", ")}; \`nodepool state adopt\` deletes them`,
    ),
  ];
  const inUse = held.length === 0 ? [] : [
    providerProblem(
      name,
      "nodes from an older or another state may be in use and are held: " +
        `${held.map(({ id }) => id).join(", ")}; check each, then release or delete it`,
      { since: earliest(held.map(({ stateSince }) => stateSince)) },
    ),
  ];
  return [
    ...(frozen === null ? [] : [doubt(frozen)]),
    ...linked([...older, ...left, ...inUse], "restored-state"),
    ...implausible.map((server) => doubt(implausibleMark(server))),
  ];
}

/** So long it may be of use to know that the clock was set. */
const STEP_TOLD_FOR = HOUR;

function cloudClock({ provider, ahead }: CloudClock): PoolProblem {
  const length = durationText(Math.round(Math.abs(ahead) / MINUTE) * MINUTE);
  const way = ahead < 0 ? "behind" : "ahead of";
  const text = `its clock is about ${length} ${way} this machine's: ` +
    "find out which is wrong, and synchronize it with NTP";
  return providerProblem(provider, text);
}

function clockStep(step: ClockStep | null, { now, wallOffset }: Moment): PoolProblem[] {
  if (step === null || now - step.at >= STEP_TOLD_FOR) return [];
  const length = durationText(Math.abs(step.by));
  if (step.whileStopped && step.by > 0) {
    return [
      problem(
        `this machine's clock went forward by ${length} while no daemon ran, and no cloud's clock confirmed it: ` +
          "ages ignore that time; if the clock is wrong, synchronize it with NTP",
      ),
    ];
  }
  const way = step.by < 0 ? "back" : "forward";
  const when = step.whileStopped ? "while no daemon ran" : `at ${isoTime(step.at, { wallOffset })}`;
  return [
    problem(
      `this machine's clock went ${way} by ${length} ${when}: ages are not affected, but earlier times in logs ` +
        "differ; synchronize the clock with NTP",
      { since: step.at },
    ),
  ];
}
