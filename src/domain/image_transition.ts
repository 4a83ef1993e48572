/** The one place where a provider image's state changes; what is not listed is illegal and throws. */
import type { DeletedBy } from "./deleted_by.ts";
import { afterWaiting, nextWaiting, type WaitingEvent } from "./next_waiting.ts";
import type { Evidence, WaitingOn } from "./node.ts";
import {
  externalIdOf,
  imageStateName,
  type ProviderImage,
  type ProviderImagePhase,
  type ProviderImageState,
  type TemporaryKeypair,
} from "./provider_image.ts";
import { applyRule, changed, type Changes, type Rules, type RulesByPhase } from "./state_rules.ts";
import type { Instant } from "./time.ts";

export type ImageEvent =
  /** The image, or the snapshot, is about to be asked for. */
  | { readonly type: "sending" }
  /** The cloud refused it for a reason of its own: none came to be, and it may be asked again. */
  | { readonly type: "refused"; readonly until: Instant; readonly waitingOn: Omit<WaitingOn, "since"> }
  /** The answer to the request will not come. */
  | { readonly type: "answer-lost"; readonly evidence?: Evidence }
  /** The cloud has made it, or a listing shows what a lost answer was about. */
  | { readonly type: "accepted"; readonly externalId: string }
  /** Its data is about to be sent. */
  | { readonly type: "uploading" }
  /** `evidence`: all of it was sent, and the answer did not come, or not from the cloud's store. */
  | { readonly type: "uploaded"; readonly evidence?: Evidence | undefined }
  /** The keypair that is about to be made. */
  | { readonly type: "keypair"; readonly keypair: TemporaryKeypair }
  | { readonly type: "keypair-made" }
  | { readonly type: "keypair-gone" }
  /** A node is launched for it. */
  | { readonly type: "launched"; readonly nodeId: number }
  /** Its server can be logged in to. */
  | { readonly type: "server-ready"; readonly serverId: string }
  /** The setup or check script is about to be run. */
  | { readonly type: "running-script"; readonly logFile: string }
  | { readonly type: "set-up" }
  /** The cloud says that it is active; `check`: a server is to prove it first. */
  | { readonly type: "active"; readonly check: boolean }
  | { readonly type: "passed" }
  /** A node that was booted from it has become ready. */
  | { readonly type: "proven" }
  /** It came to nothing. */
  | {
    readonly type: "failed";
    readonly comment: string;
    readonly evidence: Evidence | null;
    /** The culprit, where that has consequences: another `image` like it would fail too; its `build` is gone. */
    readonly atFault?: "image" | "build";
  }
  /** To be deleted: it is old, or somebody says so. */
  | { readonly type: "delete"; readonly comment: string; readonly by: DeletedBy }
  | { readonly type: "delete-accepted" }
  /** The cloud knows no such image, or there never was one. */
  | { readonly type: "image-gone" }
  | WaitingEvent;

/**
 * The record after the event; the given one is left as it is.
 * @throws IllegalTransitionError
 */
export function transitionImage(image: ProviderImage, event: ImageEvent, now: Instant): ProviderImage {
  const next = changed("image", { record: image, event, changes: changes(image, event, now) });
  if (next.state.phase === image.state.phase) return next;
  return {
    ...next,
    // What refused last is forgotten once it works.
    evidence: KEEPING.has(next.state.phase) ? next.evidence : null,
    phaseSince: now,
    stateSince: imageStateName(next) === imageStateName(image) ? image.stateSince : now,
    waitingOn: null,
    retryAt: null,
    attempt: 0,
  };
}

/** At the end, and while the outcome of an upload is unknown. */
const KEEPING: ReadonlySet<ProviderImagePhase> = new Set(["saving", "delete", "gone"]);

type ImageRules<Phase extends ProviderImagePhase> = Rules<ProviderImage, ImageEvent, Phase>;

function changes(image: ProviderImage, event: ImageEvent, now: Instant): Changes<ProviderImage> {
  const { state } = image;
  switch (event.type) {
    case "failed":
      if (imageStateName(image) !== "building") return null;
      return {
        state: deletion(state),
        comment: event.comment,
        deletedBy: "failure",
        evidence: event.evidence,
      };
    case "delete":
      if (imageStateName(image) === "delete") {
        return { state, ...(event.by === "user" && { deletedBy: event.by }) };
      }
      return { state: deletion(state), comment: event.comment, deletedBy: event.by };
    case "keypair-gone":
      return { state, keypair: null };
    case "postponed":
    case "waiting":
      return { state, ...afterWaiting(image, event, now) };
    default:
      return applyRule(rules, { record: image, event, now });
  }
}

/** A request that is still in progress counts as lost from the moment it was sent, until its answer says more. */
function deletion(state: ProviderImageState): ProviderImageState {
  const lostAt = state.phase === "create" || state.phase === "snapshot" ? state.lostAt ?? state.sentAt : null;
  return { phase: "delete", externalId: externalIdOf({ state }), lostAt, acceptedAt: null };
}

/** An image or a snapshot is asked for. */
const REQUEST: ImageRules<"create" | "snapshot"> = {
  // It is asked for once: what has been sent and not refused is never sent again.
  "sending": ({ state, now, record }) =>
    state.sentAt === null
      ? { state: { ...state, sentAt: now, lostAt: null }, attempt: record.attempt + 1 }
      : null,
  "refused": ({ state, event, record, now }) => ({
    state: { ...state, sentAt: null, lostAt: null },
    ...refusal(record, event, now),
  }),
  "answer-lost": ({ state, event, record, now }) => ({
    state: { ...state, lostAt: now },
    evidence: event.evidence ?? record.evidence,
  }),
};

const SCRIPT: ImageRules<"setup" | "check"> = {
  "running-script": ({ state, event, now, record }) => ({
    state: { ...state, startedAt: now },
    logFile: event.logFile,
    attempt: record.attempt + 1,
  }),
};

/** The transitions of each phase, by event; an event that is not listed here is illegal. */
const rules: RulesByPhase<ProviderImage, ImageEvent> = {
  create: {
    ...REQUEST,
    "accepted": ({ event }) => ({
      state: { phase: "upload", externalId: event.externalId, startedAt: null },
    }),
  },
  upload: {
    "uploading": ({ state, now, record }) => ({
      state: { ...state, startedAt: now },
      attempt: record.attempt + 1,
    }),
    "uploaded": ({ state, event }) => ({
      state: { phase: "saving", externalId: state.externalId },
      evidence: event.evidence ?? null,
    }),
  },
  keypair: {
    "keypair": ({ state, event }) => ({ state, keypair: event.keypair }),
    "keypair-made": () => ({ state: { phase: "server", nodeId: null } }),
  },
  server: {
    "launched": ({ event }) => ({ state: { phase: "server", nodeId: event.nodeId }, waitingOn: null }),
    "server-ready": ({ state: { nodeId }, event: { serverId } }) =>
      nodeId === null ? null : { state: { phase: "setup", nodeId, startedAt: null }, serverId },
  },
  setup: {
    ...SCRIPT,
    "set-up": ({ state }) => ({
      state: { phase: "snapshot", nodeId: state.nodeId, sentAt: null, lostAt: null },
    }),
  },
  snapshot: {
    ...REQUEST,
    "accepted": ({ event }) => ({
      state: { phase: "saving", externalId: event.externalId },
      evidence: null,
    }),
  },
  saving: {
    "active": ({ state, event }) => ({
      state: event.check
        ? { phase: "check", externalId: state.externalId, nodeId: null, startedAt: null }
        : { phase: "ready", externalId: state.externalId },
    }),
  },
  check: {
    "launched": ({ state, event }) => ({ state: { ...state, nodeId: event.nodeId }, waitingOn: null }),
    ...SCRIPT,
    "passed": ({ state }) => ({ state: { phase: "ready", externalId: state.externalId } }),
  },
  ready: {
    "proven": ({ state }) => ({ state: { ...state, isProven: true } }),
  },
  delete: {
    // A request whose answer comes, or shows, after all.
    "accepted": ({ state, event: { externalId } }) =>
      state.externalId === null ? { state: { ...state, externalId, lostAt: null } } : null,
    "refused": ({ state }) => ({ state: { ...state, lostAt: null } }),
    "answer-lost": ({ state, now }) => ({ state: { ...state, lostAt: now } }),
    "delete-accepted": ({ state, now }) => ({ state: { ...state, acceptedAt: now } }),
    "image-gone": () => ({ state: { phase: "gone" } }),
  },
};

function refusal(
  image: ProviderImage,
  event: Extract<ImageEvent, { type: "refused" }>,
  now: Instant,
): Partial<ProviderImage> {
  const { reason: kind, message: error } = event.waitingOn;
  return {
    retryAt: event.until,
    waitingOn: nextWaiting(image.waitingOn, event.waitingOn, now),
    evidence: { at: now, error, kind, requestId: null, fault: null, console: null },
  };
}
