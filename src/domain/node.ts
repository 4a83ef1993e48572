/**
 * A node: one server of the pool, from the decision to launch it until the cloud says it is gone. The record is
 * everything the pool knows of it; what only a running promise knew would be lost with the process.
 */
import type { DeletedBy } from "./deleted_by.ts";
import type { Instant } from "./time.ts";

/** The state names that users know (and 2016's Nodepool had). */
export type NodeStateName = "building" | "test" | "ready" | "used" | "hold" | "delete";

/**
 * The purpose of a server: to be handed out; to go with one that is; to be prepared and snapshotted; or to prove
 * a fresh image. A subnode belongs to its node, a builder or checker to a provider image, and ends with it.
 */
export const nodeRoles = ["node", "subnode", "builder", "checker"] as const;

export type NodeRole = typeof nodeRoles[number];

/** Where a node is in its life. Each variant has only the fields that are valid in it. */
export type NodeState =
  | {
    /** The server is to be asked for, or has been asked for and the answer is not known. */
    readonly phase: "create";
    /** When the request was sent; null: not yet. A node's server is asked for once and never again. */
    readonly sentAt: Instant | null;
    /** Since when the answer is known to be lost; only a later complete listing tells whether the server exists. */
    readonly lostAt: Instant | null;
  }
  | { readonly phase: "boot"; readonly serverId: string }
  | { readonly phase: "address"; readonly serverId: string; readonly activeAt: Instant }
  | { readonly phase: "login"; readonly serverId: string; readonly activeAt: Instant }
  /** Logged in to; files and scripts are put on it, and a builder's or checker's work is done now. */
  | {
    readonly phase: "prepare";
    readonly serverId: string;
    /** When the first of the attempts that failed began; left out: none has failed. */
    readonly failingSince?: Instant | undefined;
    /** Since when its cloud does not accept servers for all of its subnodes; left out: it does. */
    readonly refusedSince?: Instant | undefined;
  }
  /** It is being handed to its target. `inactiveSince`: since when its server has not been ACTIVE; left out: it is. */
  | { readonly phase: "assign"; readonly serverId: string; readonly inactiveSince?: Instant | undefined }
  /** The target's test-job runs on it, or is to be started (`startedAt` null). */
  | { readonly phase: "test"; readonly serverId: string; readonly startedAt: Instant | null }
  | { readonly phase: "ready"; readonly serverId: string }
  | {
    /** Somebody works on it. */
    readonly phase: "used";
    readonly serverId: string;
    /** Its target gives it no further job; `late`: it may have before, since the first had ended, or cannot be kept from it. */
    readonly isClosed?: true | "late" | undefined;
  }
  /** Kept for somebody to look at; held while being created, it may have no server (yet). */
  | { readonly phase: "hold"; readonly serverId: string | null; readonly lostAt: Instant | null }
  /** To be taken off its target before its server is deleted; `mayRunJob`: once no job can be running on it. */
  | { readonly phase: "unassign"; readonly serverId: string; readonly mayRunJob?: true | undefined }
  | {
    readonly phase: "delete-server";
    /** null: none is known. `lostAt` then says whether one may turn up. */
    readonly serverId: string | null;
    readonly lostAt: Instant | null;
    /** When the cloud was asked first to delete it; from then on the node cannot be kept. null: not yet. */
    readonly askedAt: Instant | null;
    /** When the cloud accepted the deletion last; null: not yet. */
    readonly acceptedAt: Instant | null;
  }
  | { readonly phase: "delete-address" };

export type NodePhase = NodeState["phase"];

const stateNames: Readonly<Record<NodePhase, NodeStateName>> = {
  "create": "building",
  "boot": "building",
  "address": "building",
  "login": "building",
  "prepare": "building",
  "assign": "building",
  "test": "test",
  "ready": "ready",
  "used": "used",
  "hold": "hold",
  "unassign": "delete",
  "delete-server": "delete",
  "delete-address": "delete",
};

/** All phases, in the order a node goes through them. */
export const nodePhases = Object.keys(stateNames) as readonly NodePhase[];

/** All state names, in the order a node goes through them. */
export const nodeStateNames: readonly NodeStateName[] = [
  ...new Set(nodePhases.map((phase) => stateNames[phase])),
];

/** The state that users see for a node. */
export function stateName(node: { readonly state: NodeState }): NodeStateName {
  return stateNames[node.state.phase];
}

/** The state in a sentence: `node 7 is being deleted`. */
export function stateInWords(state: NodeStateName): string {
  const words: Partial<Record<NodeStateName, string>> = {
    test: "being tested",
    hold: "held",
    delete: "being deleted",
  };
  return words[state] ?? state;
}

/** The state that users see for a node in that phase. */
export function stateOfPhase(phase: NodePhase): NodeStateName {
  return stateNames[phase];
}

/** Why something is not there yet, since when. */
export interface WaitingOn {
  readonly reason: WaitingReason;
  readonly message: string;
  readonly since: Instant;
}

/** Those that are stored. */
export const waitingReasons = [
  "answer",
  "listing",
  "active",
  "address",
  "login",
  "retry",
  "quota",
  "capacity",
  "image",
  "provider",
  "delete",
  "node",
  "worker",
  "build",
  "upload",
  "server",
  "setup",
  "subnodes",
  "script",
  "target",
  "saving",
  "check",
  /** Its server is no longer on the cloud, and somebody holds the node: nothing happens before the hold ends. */
  "gone",
] as const;

/** `defect`: in reports only; it stands still because of a defect. */
export type WaitingReason = typeof waitingReasons[number] | "defect";

export interface NodeAddresses {
  /** The one to log in to. */
  readonly login: string;
  readonly publicV4: string | null;
  readonly publicV6: string | null;
  readonly privateV4: string | null;
}

export interface NodeFloatingIp {
  readonly id: string;
  readonly address: string;
  /** The port that it was made for; left out: not known. */
  readonly portId?: string | undefined;
  /** Whether somebody has attached it to something else: then it stays. */
  readonly isMoved?: boolean | undefined;
}

export interface Hold {
  readonly reason: string | null;
  /** Who asked: a user's name, or `nodepool`. */
  readonly owner: string | null;
  /** When it ends by itself; null: when somebody deletes the node. */
  readonly until: Instant | null;
  /** Who works on it is not known to this state: no time ends the hold, but a release does. */
  readonly mayBeInUse?: true;
}

/** The traces of a failure, for somebody to look at. */
export interface Evidence {
  readonly at: Instant;
  /** The action attempted and the problem. */
  readonly error: string;
  /** `quota`, `ssh`, `status`, …: the RESULT part of launch metrics. */
  readonly kind: string;
  readonly requestId: string | null;
  /** The server's own fault, as Nova tells it. */
  readonly fault: string | null;
  /** The last lines of its console. */
  readonly console: string | null;
}

/** The fields that records of nodes, builds and images on clouds have in common. */
export interface PoolRecord {
  /** Raised by each change; a change names the revision that it replaces. */
  readonly revision: number;
  /** Never reused. */
  readonly id: number;
  /** When the state name changed last. */
  readonly stateSince: Instant;
  readonly waitingOn: WaitingOn | null;
  /** Not before then is anything tried again for it; null: at once. */
  readonly retryAt: Instant | null;
  /** Attempts of the phase's own action so far. */
  readonly attempt: number;
  /** Why it is deleted, or a node held, as lists show it. */
  readonly comment: string | null;
  /** Who decided that it goes; null: nobody has, or it was before that was recorded. */
  readonly deletedBy: DeletedBy | null;
  /** Why it failed, or what failed last. */
  readonly evidence: Evidence | null;
}

export interface NodeRecord extends PoolRecord {
  readonly role: NodeRole;
  /** The provider image that a builder or checker works for; null: none. */
  readonly providerImageId: number | null;
  /** The node that a subnode goes with; null: it is not a subnode. */
  readonly parentId: number | null;
  /** How many subnodes it is launched with. */
  readonly subnodeCount: number;
  readonly provider: string;
  /** Empty for builders and checkers. */
  readonly label: string;
  readonly image: string;
  readonly target: string;
  /** The agent manager (a Jenkins) that has it; null: none is known. */
  readonly manager: string | null;
  /** When it was first to be handed to its target, which from then on may know of it; null: never. */
  readonly assignedAt: Instant | null;
  readonly hostname: string;
  /** The hostname up to the first dot after the node's id. */
  readonly nodename: string;
  /** The image asked of the cloud. */
  readonly imageId: string;
  /** The version of an image that was made here; left out: it was not, or it was not recorded. */
  readonly imageVersion?: number | undefined;
  readonly flavorId: string;
  readonly flavorName: string;
  readonly zone: string | null;
  readonly state: NodeState;
  /** The server that it had, once the cloud says that it is gone; left out: there was none, or it was not recorded. */
  readonly formerServerId?: string | undefined;
  /** When the phase changed last. */
  readonly phaseSince: Instant;
  readonly addresses: NodeAddresses | null;
  /** A floating IP that was made for it. */
  readonly floatingIp: NodeFloatingIp | null;
  /** `TYPE BASE64`, recorded at the first login. */
  readonly hostKeys: readonly string[];
  readonly job: string | null;
  /** The end of its job, where one was reported: then the node is deleted, or held; null: none was. */
  readonly jobEnd: { readonly at: Instant; readonly result: string | null } | null;
  /** The request that has it. */
  readonly requestId: number | null;
  /** Who made that request, and when; left out: nobody did, or it was not recorded. */
  readonly asked?: { readonly client: string | null; readonly at: Instant } | undefined;
  readonly hold: Hold | null;
  /** Why it was launched: `min-ready 3, have 1`. */
  readonly launchReason: string;
  /** How it will be (or was) accounted for at its end; null while nobody knows. */
  readonly result: NodeResult | null;
  /** When each phase was entered first. */
  readonly timings: Readonly<Partial<Record<NodePhase, Instant>>>;
  /** When phases were entered again, in order: a hold that was ended, a deletion that one called off; left out: none. */
  readonly returns?: readonly { readonly phase: NodePhase; readonly at: Instant }[] | undefined;
}

/** How a node's life went; `refused`: the provider as a whole took no request, which says nothing of the label. */
export type NodeResult = "used" | "failed" | "refused" | "unused" | "lost";

/** The history of a deleted node. */
export interface HistoryRecord {
  readonly node: NodeRecord;
  readonly endedAt: Instant;
}

/** The server that belongs to a node as far as is known. */
export function serverIdOf(node: NodeRecord): string | null {
  return "serverId" in node.state ? node.state.serverId : null;
}

/** Whether a server of this node may exist that no listing has shown yet. */
export function mayHaveUnknownServer(node: NodeRecord): boolean {
  const { state } = node;
  if (state.phase === "create") return state.sentAt !== null;
  if (state.phase === "hold" || state.phase === "delete-server") {
    return state.serverId === null && state.lostAt !== null;
  }
  return false;
}
