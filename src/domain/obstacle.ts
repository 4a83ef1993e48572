/**
 * The obstacles to a node or an image, as data: found once, by the planners, and never worked out a second time.
 * Explanations, waiting commands, problems and lists all derive from it; its kinds are few enough to be the values
 * of a metric's label. `describe_obstacle.ts` puts it into words, `remedy.ts` says what to do about it.
 */
import type { LaunchPause } from "./launch_pause.ts";
import type { WaitingReason } from "./node.ts";
import type { Resource } from "./resource.ts";
import type { QuotaUse } from "./server.ts";
import type { Instant } from "./time.ts";

/** An obstacle at a provider. */
export interface Refusal {
  /** null: it stands in the way wherever the node may come from. */
  readonly provider: string | null;
  readonly obstacle: Obstacle;
}

export type Obstacle =
  | Standstill
  | ProviderObstacle
  | RoomObstacle
  | FailedLaunches
  | OfferObstacle
  | LabelObstacle
  | RequestObstacle
  | RecordObstacle;

export type ObstacleKind = Obstacle["kind"];

/** Nothing at all is launched or handed out. */
export type Standstill =
  | { readonly kind: "no-daemon" }
  | { readonly kind: "stopping" }
  /** The state is new or cannot be written. */
  | { readonly kind: "state-doubtful" | "state-unwritable"; readonly message: string }
  /** Providers that have just been added are waited for. */
  | { readonly kind: "first-look"; readonly until: Instant };

interface Trouble {
  readonly message: string;
  /** null: not known. */
  readonly since: Instant | null;
  /** When it is tried again; null: it is being tried, or that is not known. */
  readonly until: Instant | null;
}

/** The provider as a whole gives nothing. */
type ProviderObstacle =
  | { readonly kind: "retired" }
  | { readonly kind: "not-contacted" }
  | { readonly kind: "unreachable" } & Trouble
  /** The cloud refuses the credentials. */
  | { readonly kind: "unauthorized" } & Trouble
  /** `message` null: nothing has failed, it just takes a while. */
  | { readonly kind: "not-listed"; readonly message: string | null }
  /** Nothing is created, deleted or handed out there: another daemon may work on a copy of the state. */
  | { readonly kind: "frozen"; readonly message: string }
  /** Things that its listings leave out are being looked up. */
  | { readonly kind: "checking" }
  /** It refused the last server for that reason. */
  | {
    readonly kind:
      | "quota-refused"
      | "no-capacity"
      | "rate-limited"
      | "forbidden"
      | "no-answer";
    readonly message: string;
    /** Refusals in a row. */
    readonly count: number;
    /** When a server is asked for again; null: one is being asked for. */
    readonly until: Instant | null;
  };

export interface ResourceUse extends QuotaUse {
  readonly resource: Resource;
  /** The amount that one more node takes. */
  readonly need: number;
}

/** There is no room for one more node. */
type RoomObstacle =
  | { readonly kind: "max-servers" } & ResourceUse
  | { readonly kind: "label-max-servers" } & ResourceUse
  | { readonly kind: "quota"; readonly uses: readonly ResourceUse[] }
  /** Room is kept for a label that was given least, for which this one has given nodes up, or whose requests come first. */
  | { readonly kind: "reserved-room"; readonly label: string; readonly because: "share" | "ceded" | "work" };

/** Launches of the label fail there. */
export interface FailedLaunches {
  /** `probing`: the pause is over, and one launch at a time goes ahead. */
  readonly kind: "paused" | "probing";
  readonly failures: number;
  readonly lastError: string;
  /** The RESULT part of launch metrics: `ssh`, `status`, `badRequest`, …; null: not known. */
  readonly lastKind: string | null;
  readonly since: Instant;
  readonly until: Instant | null;
}

/** The provider has no flavor, image or network for it. */
type OfferObstacle =
  | { readonly kind: "image-not-configured"; readonly image: string }
  /** A file on this machine is of no use. */
  | { readonly kind: "local-file"; readonly message: string }
  | { readonly kind: "image-missing"; readonly image: string }
  | { readonly kind: "image-not-looked-up"; readonly image: string }
  | {
    readonly kind: "image-not-made";
    readonly image: string;
    /** Of its build, where that fails and not the image itself. */
    readonly diskimage: string | null;
    readonly failures: number;
    readonly lastError: string | null;
    /** When it is tried again; null: it is being made, or nothing has failed. */
    readonly until: Instant | null;
  }
  | { readonly kind: "image-inactive"; readonly image: string; readonly status: string }
  | {
    readonly kind: "flavor-missing";
    readonly message: string;
    /** The key of the provider's image that says which is wanted, and its value. */
    readonly key: "flavor-name" | "min-ram" | "name-filter";
    readonly wanted: string;
    /** Names of the flavors that there are, the largest first. */
    readonly known: readonly string[];
  }
  /** The flavor is too small for what is booted. */
  | { readonly kind: "flavor-too-small"; readonly message: string }
  | {
    readonly kind: "network-missing";
    readonly message: string;
    readonly wanted: string;
    /** Names of the networks that there are. */
    readonly known: readonly string[];
  }
  | { readonly kind: "networks-not-listed" };

/** The label, whatever the provider. */
type LabelObstacle =
  | { readonly kind: "no-provider" }
  | { readonly kind: "provider-not-configured" }
  | {
    readonly kind: "target-offline";
    readonly targets: readonly { readonly name: string; readonly reason: string }[];
  }
  /** This daemon launches nothing. */
  | { readonly kind: "launches-off" }
  | { readonly kind: "label-not-configured"; readonly label: string }
  | { readonly kind: "label-disabled" };

/** A request, besides what stands in the way of its label. */
type RequestObstacle =
  | {
    readonly kind: "too-many";
    readonly count: number;
    /** How many nodes there can be at once, and how that comes about, for people. */
    readonly total: number;
    readonly sum: string;
    /** The limit that allows no more: where it is a quota, the configuration alone would. */
    readonly limit: "quota" | "max-servers" | "image" | "provider";
  }
  | { readonly kind: "kept-for-request"; readonly requestId: number; readonly until: Instant }
  | { readonly kind: "client-away" }
  /** There are ready nodes, not handed out before what the state says of them has been found to be right. */
  | { readonly kind: "withheld" }
  /** `before`: requests of its label that are served first. */
  | { readonly kind: "turn"; readonly before: number }
  /** Its nodes are on their way; `failed`: launches before them that came to nothing. */
  | { readonly kind: "building"; readonly failed: Omit<FailedLaunches, "kind" | "until"> | null };

/** A node or an image that is on its way. */
type RecordObstacle =
  | {
    readonly kind: "step";
    readonly on: WaitingReason;
    readonly message: string;
    readonly since: Instant;
    /** When it is tried again; null: it is being tried, or there is nothing to try. */
    readonly until: Instant | null;
  }
  /** A node that is held, or its subnode, whose server is no longer on the cloud. */
  | {
    readonly kind: "server-gone";
    readonly message: string;
    readonly since: Instant;
    /** The id of the node whose hold keeps it. */
    readonly held: number;
  }
  /** A node is held since somebody of whom this state knows nothing may be at work on it. */
  | { readonly kind: "may-be-in-use"; readonly nodeId: number }
  /** An image or a build that was given up and waits for its next attempt. */
  | {
    readonly kind: "image-failed";
    readonly failures: number;
    readonly lastError: string;
    readonly until: Instant | null;
  };

/** `until` null: the label's launches go ahead there, though the last ones failed. */
export function obstacleOfPause(
  { failures, lastError, lastKind = null, lastFailureAt: since, until }: LaunchPause,
  now: Instant,
): FailedLaunches {
  const isOver = until === null || until <= now;
  return { kind: "paused", failures, lastError, lastKind, since, until: isOver ? null : until };
}

/** Those under which a request stays unmet however long it waits, unless the configuration changes. */
const NEVER_MET: readonly ObstacleKind[] = ["too-many", "label-not-configured", "label-disabled"];

export function isNeverMet({ kind }: Obstacle): boolean {
  return NEVER_MET.includes(kind);
}

/** Limits of the configuration: the cloud has no say in them. */
const OWN_LIMITS: readonly ObstacleKind[] = ["max-servers", "label-max-servers"];

export function isOwnLimit({ kind }: Obstacle): boolean {
  return OWN_LIMITS.includes(kind);
}

/** Tells an offer from an obstacle to it. */
export function isObstacle<Found extends object>(found: Found | Obstacle): found is Obstacle {
  return "kind" in found;
}
