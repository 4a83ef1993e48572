/**
 * The one place where a node's state changes. `transition` is total over (phase, event): what it does not list
 * is illegal and throws, so that a forgotten case is found by a test and not by an operator.
 */
import type { DeletedBy } from "./deleted_by.ts";
import {
  type Evidence,
  type Hold,
  type NodeAddresses,
  type NodeFloatingIp,
  type NodePhase,
  type NodeRecord,
  type NodeResult,
  type NodeState,
  stateName,
} from "./node.ts";
import { afterWaiting, type WaitingEvent } from "./next_waiting.ts";
import { applyRule, changed, type Changes, type Rules, type RulesByPhase } from "./state_rules.ts";
import type { Instant } from "./time.ts";

export type NodeEvent =
  /** The request for the server is about to be sent. */
  | { readonly type: "sending" }
  /** The cloud refused the request for the server: none came to be. */
  | { readonly type: "refused"; readonly result: "failed" | "refused"; readonly evidence: Evidence }
  | WaitingEvent
  /** The answer to the request for the server will not come. */
  | { readonly type: "answer-lost"; readonly evidence?: Evidence }
  /** The cloud accepted the request, or a listing shows the server that a lost answer was about. */
  | { readonly type: "accepted"; readonly serverId: string }
  | { readonly type: "active" }
  /** Its server is not ACTIVE for now. */
  | { readonly type: "inactive" }
  | { readonly type: "floating-ip"; readonly floatingIp: NodeFloatingIp }
  | { readonly type: "addressed"; readonly addresses: NodeAddresses }
  /** A login worked; `next` is what is to be done with the server. */
  | { readonly type: "logged-in"; readonly hostKey: string; readonly next: "prepare" | "assign" | "ready" }
  /** Subnodes that it misses cannot be launched. */
  | { readonly type: "subnodes-refused" }
  /** A subnode of it is missing again, or has its server at last: its preparation begins from the start once all are up. */
  | { readonly type: "incomplete" }
  /** Files and scripts are on it. */
  | {
    readonly type: "prepared";
    readonly next: "assign" | "ready";
    /** The host keys that the servers of its group showed then, by node; left out where nobody looked. */
    readonly hostKeys?: Readonly<Record<number, string>>;
  }
  /** It is about to be registered with its target. */
  | { readonly type: "assigning" }
  /** Its target has it. */
  | { readonly type: "assigned"; readonly manager: string | null; readonly next: "test" | "ready" }
  /** The target has been asked to run its test-job on it. */
  | { readonly type: "testing" }
  /** It has passed the test-job. */
  | { readonly type: "tested" }
  | ({ readonly type: "taken"; readonly requestId: number | null } & Pick<NodeRecord, "job" | "asked">)
  /** Its target has given it a job after one that has ended, or while it is held. */
  | { readonly type: "job-begun"; readonly job: string }
  /** Its job has ended; it is deleted, or held, a while later. A held one stays held. */
  | { readonly type: "job-ended"; readonly result: string | null }
  /** Its target gives it no more jobs, or cannot be kept from that. */
  | { readonly type: "closed"; readonly isRefused?: true }
  /** Its target does not know it any more. */
  | { readonly type: "unassigned" }
  | { readonly type: "hold"; readonly hold: Hold }
  /** It is no longer held, and its job goes on. */
  | { readonly type: "unheld" }
  /** Evidence that comes after the fact (console, fault). */
  | { readonly type: "evidence"; readonly evidence: Evidence }
  /** To be deleted: its use is over, or it failed (then with evidence). */
  | {
    readonly type: "delete";
    readonly by: DeletedBy;
    readonly comment: string;
    readonly result: NodeResult;
    readonly evidence?: Evidence;
    /** Whether a job that runs on it ends first; left out: whatever its end was decided for. */
    readonly sparesJobs?: true;
  }
  /** The cloud is about to be asked to delete the server. */
  | { readonly type: "deleting" }
  | { readonly type: "delete-accepted" }
  /** The cloud knows no such server, or there never was one. */
  | { readonly type: "server-gone" };

/**
 * The record after the event; the given one is left as it is.
 * @throws IllegalTransitionError
 */
export function transition(node: NodeRecord, event: NodeEvent, now: Instant): NodeRecord {
  const next = changed("node", { record: node, event, changes: changes(node, event, now) });
  if (next.state.phase === node.state.phase) return next;
  return {
    ...next,
    phaseSince: now,
    stateSince: stateName(next) === stateName(node) ? node.stateSince : now,
    ...timesAfter(node, { entered: next.state.phase, now }),
    waitingOn: null,
    retryAt: null,
    attempt: 0,
  };
}

/** When each phase was entered first, and when one was entered again, of which the last ones are kept. */
function timesAfter(
  { timings, returns = [] }: NodeRecord,
  { entered: phase, now: at }: { entered: NodePhase; now: Instant },
): Pick<NodeRecord, "timings" | "returns"> {
  return timings[phase] === undefined
    ? { timings: { ...timings, [phase]: at } }
    : { timings, returns: [...returns, { phase, at }].slice(-MOST_RETURNS) };
}

const MOST_RETURNS = 50;

/** While a node is being made ready, what refused last stays with it until something works; at its end the reason does. */
function lastRefusal(
  node: NodeRecord,
  { waitingOn: { reason, message } }: Extract<WaitingEvent, { type: "postponed" }>,
  now: Instant,
): Partial<NodeRecord> {
  if (!BEING_MADE_READY.has(node.state.phase)) return {};
  const none = { requestId: null, fault: null, console: null };
  return { evidence: { at: now, error: message, kind: reason, ...none } };
}

const BEING_MADE_READY: ReadonlySet<NodePhase> = new Set(["address", "login", "prepare", "assign", "test"]);

type NodeChanges = Changes<NodeRecord>;
type EventOf<Type extends NodeEvent["type"]> = Extract<NodeEvent, { type: Type }>;
type NodeRules<Phase extends NodePhase> = Rules<NodeRecord, NodeEvent, Phase>;

function changes(node: NodeRecord, event: NodeEvent, now: Instant): NodeChanges {
  switch (event.type) {
    case "delete":
      return deletion(node, event);
    case "hold":
      return holding(node, event.hold);
    case "floating-ip":
      return withFloatingIp(node, event);
    case "evidence":
      return { state: node.state, evidence: event.evidence };
    case "postponed":
      return {
        state: node.state.phase === "prepare" ? { failingSince: event.begunAt, ...node.state } : node.state,
        ...afterWaiting(node, event, now),
        ...lastRefusal(node, event, now),
      };
    case "waiting":
      return { state: node.state, ...afterWaiting(node, event, now) };
    default:
      return applyRule(rules, { record: node, event, now });
  }
}

/** One may be made once the server is ACTIVE; the answer may come in any later state of the node. */
function withFloatingIp(node: NodeRecord, event: EventOf<"floating-ip">): NodeChanges {
  const { state } = node;
  if (state.phase === "create" || state.phase === "boot") return null;
  return { state, floatingIp: event.floatingIp, ...(state.phase === "address" && { evidence: null }) };
}

/** The host keys that its server showed last; the recorded ones where nobody looked. */
export function shownKeys(
  { id, hostKeys }: NodeRecord,
  shown: Readonly<Record<number, string>> = {},
): readonly string[] {
  const key = shown[id];
  return key === undefined ? hostKeys : [key];
}

/** The first end counts. */
function endOfJob(
  { record, event, now }: { record: NodeRecord; event: EventOf<"job-ended">; now: Instant },
) {
  return record.jobEnd ?? { at: now, result: event.result };
}

/** The cloud has not been asked to delete the server. */
const UNDELETED = { askedAt: null, acceptedAt: null };

/** The answer to the request for a server may come when its node has been held or marked for deletion meanwhile. */
const LATE_ANSWERS: NodeRules<"hold" | "delete-server"> = {
  // A node keeps the server that it has; a second one belongs to nobody.
  "accepted": ({ state, event: { serverId } }) =>
    state.serverId === null ? { state: { ...state, serverId, lostAt: null } } : null,
  "answer-lost": ({ state, now }) => ({ state: { ...state, lostAt: now } }),
  "refused": ({ state }) => ({ state: { ...state, lostAt: null } }),
};

/** Its target has taken it in the meantime. */
const LATE_TARGET: NodeRules<"used" | "hold" | "unassign"> = {
  "assigned": ({ state, event }) => ({ state, manager: event.manager }),
};

/** The transitions of each phase, by event; an event that is not listed here is illegal. */
const rules: RulesByPhase<NodeRecord, NodeEvent> = {
  "create": {
    "sending": ({ state, record, now }) =>
      state.sentAt === null
        ? { state: { phase: "create", sentAt: now, lostAt: null }, attempt: record.attempt + 1 }
        : null,
    "accepted": ({ event }) => ({ state: { phase: "boot", serverId: event.serverId } }),
    "answer-lost": ({ state, event, record, now }) => ({
      state: { ...state, lostAt: now },
      evidence: event.evidence ?? record.evidence,
    }),
    "refused": ({ event }) => ({
      state: { phase: "delete-server", serverId: null, lostAt: null, ...UNDELETED },
      comment: event.evidence.error,
      deletedBy: "failure",
      evidence: event.evidence,
      result: event.result,
    }),
  },
  "boot": {
    "active": ({ state, now }) => ({ state: { phase: "address", serverId: state.serverId, activeAt: now } }),
  },
  "address": {
    "addressed": ({ state, event }) => ({
      state: { ...state, phase: "login" },
      addresses: event.addresses,
      evidence: null,
    }),
  },
  "login": {
    "logged-in": ({ state, event }) => ({
      state: { phase: event.next, serverId: state.serverId },
      hostKeys: [event.hostKey],
      evidence: null,
    }),
  },
  "prepare": {
    "subnodes-refused": ({ state, now }) => ({ state: { ...state, refusedSince: now } }),
    "incomplete": ({ state: { phase, serverId } }) => ({
      state: { phase, serverId },
      attempt: 0,
      retryAt: null,
    }),
    "prepared": ({ state, event, record }) => ({
      state: { phase: event.next, serverId: state.serverId },
      hostKeys: shownKeys(record, event.hostKeys),
      evidence: null,
    }),
  },
  "assign": {
    "inactive": ({ state, now }) => ({ state: { ...state, inactiveSince: now } }),
    "active": ({ state: { phase, serverId } }) => ({ state: { phase, serverId } }),
    "assigning": ({ state, record, now }) => ({ state, assignedAt: record.assignedAt ?? now }),
    "assigned": ({ state, event }) => ({
      state: event.next === "test"
        ? { phase: "test", serverId: state.serverId, startedAt: null }
        : { phase: "ready", serverId: state.serverId },
      manager: event.manager,
      evidence: null,
    }),
  },
  "test": {
    "testing": ({ state, now }) => ({
      state: { ...state, startedAt: now },
      retryAt: null,
    }),
    "job-ended": (at) => ({ state: at.state, jobEnd: endOfJob(at) }),
    "tested": ({ state }) => ({
      state: { phase: "ready", serverId: state.serverId },
      jobEnd: null,
      evidence: null,
    }),
  },
  "ready": { "taken": taking },
  "used": {
    ...LATE_TARGET,
    "job-begun": ({ state, event }) => ({ state, job: event.job, jobEnd: null }),
    "job-ended": (at) => ({ state: at.state, jobEnd: endOfJob(at) }),
    "closed": ({ state, event, record }) => ({
      state: { ...state, isClosed: record.jobEnd !== null || event.isRefused ? "late" : true },
      waitingOn: null,
      retryAt: null,
      attempt: 0,
    }),
  },
  "hold": {
    ...LATE_ANSWERS,
    ...LATE_TARGET,
    // Whom it is held for stays.
    "job-begun": ({ state, event, record }) => ({ state, job: record.job ?? event.job, jobEnd: null }),
    "job-ended": (at) => ({ state: at.state, jobEnd: endOfJob(at) }),
    "unheld": ({ state: { serverId } }) =>
      serverId === null ? null : { state: { phase: "used", serverId }, hold: null, comment: null },
  },
  "unassign": {
    ...LATE_TARGET,
    // Whoever decided that it goes did not know of the job.
    "taken": (at) =>
      at.state.mayRunJob
        ? { ...taking(at), jobEnd: null, comment: null, deletedBy: null, result: null }
        : null,
    "unassigned": ({ state }) => ({
      state: { phase: "delete-server", serverId: state.serverId, lostAt: null, ...UNDELETED },
    }),
  },
  "delete-server": {
    ...LATE_ANSWERS,
    "deleting": ({ state, now }) => ({ state: { ...state, askedAt: state.askedAt ?? now } }),
    "delete-accepted": ({ state, now }) => ({ state: { ...state, acceptedAt: now } }),
    "server-gone": ({ state: { serverId } }) => ({
      state: { phase: "delete-address" },
      ...(serverId === null ? {} : { formerServerId: serverId }),
    }),
  },
};

function taking(
  { state: { serverId }, event: { job, requestId, asked } }: {
    state: { serverId: string };
    event: EventOf<"taken">;
  },
) {
  const state = { phase: "used", serverId } as const;
  return { state, job, requestId, ...(asked === undefined ? {} : { asked }) };
}

/**
 * Any node can be marked for deletion; of one that is already being deleted only changes that somebody wants that, whatever
 * runs on it.
 */
function deletion(node: NodeRecord, event: EventOf<"delete">): NodeChanges {
  const { state } = node;
  if (state.phase === "unassign" || state.phase === "delete-server" || state.phase === "delete-address") {
    if (event.by !== "user" || event.sparesJobs) return { state };
    if (state.phase !== "unassign" || !state.mayRunJob) return { state, deletedBy: event.by };
    return {
      state: { phase: "unassign", serverId: state.serverId },
      deletedBy: event.by,
      retryAt: null,
      attempt: 0,
    };
  }
  const server = possibleServer(state);
  return {
    // A server that its target may still send jobs to must not vanish under them.
    state: node.assignedAt !== null && server.serverId !== null
      ? {
        phase: "unassign",
        serverId: server.serverId,
        ...(mayRunJob(node, event) && { mayRunJob: true }),
      }
      : { phase: "delete-server", ...server, ...UNDELETED },
    comment: event.comment,
    deletedBy: event.by,
    result: event.result,
    ...(event.evidence === undefined ? {} : { evidence: event.evidence }),
  };
}

/**
 * Whether a target may have given the node a job that was not reported, and whoever decided that it goes did not know: a
 * command that names the node, and those who have or had it, do.
 */
function mayRunJob(
  { assignedAt, state, timings, jobEnd }: NodeRecord,
  { by, sparesJobs }: EventOf<"delete">,
): boolean {
  // The end that is known may not be that of its only job.
  const mayBeUsed = timings.used === undefined ||
    (sparesJobs === true && (state.phase !== "used" || state.isClosed !== true));
  const isMeant = !sparesJobs && (by === "user" || by === "job" || by === "client");
  const isUnderTest = timings.test !== undefined && timings.ready === undefined &&
    jobEnd?.result !== "SUCCESS";
  return !isMeant && assignedAt !== null && mayBeUsed && !isUnderTest;
}

/** A node is held in the state it is in. Once the cloud has been asked to delete its server, it cannot be kept. */
function holding(node: NodeRecord, hold: Hold): NodeChanges {
  const { state } = node;
  const tooLate = state.phase === "delete-address" ||
    (state.phase === "delete-server" && state.askedAt !== null);
  if (tooLate) return null;
  return {
    state: { phase: "hold", ...possibleServer(state) },
    hold,
    comment: hold.reason,
    deletedBy: null,
    result: null,
  };
}

/**
 * The server of a node that leaves its path, and since when one may exist that is not known: a request that is
 * still in progress counts as lost from the moment it was sent, until its answer says more.
 */
function possibleServer(
  state: Exclude<NodeState, { phase: "delete-address" }>,
): { serverId: string | null; lostAt: Instant | null } {
  if (state.phase === "create") return { serverId: null, lostAt: state.lostAt ?? state.sentAt };
  if (state.phase === "hold" || state.phase === "delete-server") {
    return { serverId: state.serverId, lostAt: state.lostAt };
  }
  return { serverId: state.serverId, lostAt: null };
}
