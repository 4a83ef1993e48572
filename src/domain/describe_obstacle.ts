/** An obstacle in words, as lists, logs and records show it. Pure: the moment says what day is today. */
import { countText } from "./count_text.ts";
import type { FailedLaunches, Obstacle, ObstacleKind, Refusal, ResourceUse } from "./obstacle.ts";
import { resourceNames } from "./resource.ts";
import { seeManual } from "./see_manual.ts";
import { type Moment, timeOfDay } from "./time.ts";

interface Wording extends Moment {
  /** Whether it refers to the manual; false where what to do is said beside it. */
  readonly isLinked?: boolean;
}

type Of<Kind extends ObstacleKind> = Extract<Obstacle, { readonly kind: Kind }>;

/** `alpha: max-servers 3/3; beta: retired: max-servers is -1`. */
export function describeRefusals(refusals: readonly Refusal[], wording: Wording): string {
  return refusals.map(({ provider, obstacle }) => {
    const text = describeObstacle(obstacle, wording);
    return provider === null ? text : `${provider}: ${text}`;
  }).join("; ");
}

export function describeObstacle(obstacle: Obstacle, wording: Wording): string {
  const describe = words[obstacle.kind] as (obstacle: Obstacle, wording: Wording) => string;
  return describe(obstacle, wording);
}

const words: { readonly [Kind in ObstacleKind]: (obstacle: Of<Kind>, wording: Wording) => string } = {
  "no-daemon": () => "no daemon is running",
  "stopping": () => "the daemon is stopping",
  "state-doubtful": ({ message }) => message,
  "state-unwritable": ({ message }) => message,
  "first-look": () => "the providers are being asked",
  "retired": () => "retired: max-servers is -1",
  "not-contacted": () => "not contacted yet",
  "unreachable": describeTrouble,
  "unauthorized": describeTrouble,
  "not-listed": ({ message }) => message ?? "not fully listed yet",
  "frozen": ({ message }) => message,
  "checking": () => "checking what its listings omit",
  "quota-refused": (obstacle, wording) => describeRefused(obstacle, wording, seeManual("quota")),
  "no-capacity": (obstacle, wording) => describeRefused(obstacle, wording, seeManual("capacity")),
  "rate-limited": describeRefused,
  "forbidden": describeRefused,
  "no-answer": describeRefused,
  "max-servers": useText,
  "label-max-servers": (use) => `the label's ${useText(use)}`,
  "quota": ({ uses }, wording) =>
    `quota full: ${uses.map(useText).join(", ")}${linkOf(wording, ` (${seeManual("quota")})`)}`,
  "reserved-room": ({ label, because }) =>
    `room is reserved for label ${label}, ${RESERVED_BECAUSE[because]}`,
  "paused": describePause,
  "probing": describePause,
  "image-not-configured": ({ image }) => `the provider has no image ${image}`,
  "local-file": ({ message }) => message,
  "image-missing": ({ image }, wording) =>
    `the cloud has no ready image ${image}${linkOf(wording, `; ${seeManual("missing-image")}`)}`,
  "image-not-looked-up": ({ image }) => `the image ${image} has not been looked up yet`,
  "image-not-made": ({ image, lastError }) =>
    `no ready image ${image}: ${
      lastError === null ? "see image-list" : `the last attempt failed: ${lastError}`
    }`,
  "image-inactive": ({ image, status }) =>
    `the image ${image} is ${status} on the cloud; waiting until it is active`,
  "flavor-missing": describeFlavor,
  "flavor-too-small": describeFlavor,
  "network-missing": ({ message }) => message,
  "networks-not-listed": () => "the cloud's networks are not listed yet",
  "no-provider": () => "no provider offers it",
  "provider-not-configured": () => "no such provider",
  "target-offline": ({ targets }) =>
    targets.map(({ name, reason }) => `target ${name} is offline: ${reason}`).join("; "),
  "launches-off": () => "this daemon launches no nodes (--no-launches)",
  "label-not-configured": ({ label }) => `the configuration no longer has label ${label}`,
  "label-disabled": () => "the label is disabled: its min-ready is -1",
  "too-many": (obstacle) => `it ${tooManyText(obstacle)}`,
  "kept-for-request": ({ requestId, until }, wording) =>
    `the ready nodes of its label are reserved for request ${requestId}, until ${
      timeOfDay(until, wording)
    } at most`,
  "client-away": () => "its client has not reconnected since the daemon started",
  "withheld": () => "its ready nodes are handed out once its servers have been listed",
  "turn": () => "earlier requests of its label come first",
  "building": ({ failed }) =>
    `its nodes are being built${failed === null ? "" : `, ${describeFailures(failed)}`}`,
  "step": ({ message }) => message,
  "server-gone": ({ message }) => message,
  "may-be-in-use": () => "it may be in use by somebody unknown to this state",
  "image-failed": ({ lastError, until }, wording) =>
    `the last attempt failed: ${lastError}; ${again(until, wording)}`,
};

const RESERVED_BECAUSE = {
  "share": "which has had the smallest share",
  "ceded": "for which nodes of this label were deleted",
  "work": "whose requests come before spare nodes",
} as const satisfies Record<Of<"reserved-room">["because"], string>;

/** Completes a sentence that names the request. */
export function tooManyText({ count, total, sum }: Of<"too-many">): string {
  const most = total === 0 ? "none is possible" : `at most ${total} ${total === 1 ? "is" : "are"} possible`;
  return `asks for ${countText(count, "node")}, but ${most} (${sum})`;
}

/** Its cure, for people. */
export function tooManyAdvice({ total, limit }: Of<"too-many">): string {
  return `${total === 0 ? "" : "ask for fewer, or "}${LIMIT_ADVICE[limit]}`;
}

const LIMIT_ADVICE = {
  "quota": "have the quota raised",
  "max-servers": "raise max-servers",
  "image": "add the image to a provider",
  "provider": "name a provider for the label",
} as const;

function linkOf({ isLinked = true }: Wording, link: string): string {
  return isLinked ? link : "";
}

function describeTrouble({ since, message }: Of<"unreachable" | "unauthorized">, wording: Wording): string {
  return since === null ? message : `unreachable since ${timeOfDay(since, wording)}: ${message}`;
}

function describeRefused(
  { message, until }: Pick<Of<"forbidden">, "message" | "until">,
  wording: Wording,
  link: string | null = null,
): string {
  return `${message}${link === null ? "" : linkOf(wording, ` (${link})`)}; ${again(until, wording)}`;
}

function again(until: number | null, moment: Moment): string {
  return until === null ? "trying again now" : `trying again at ${timeOfDay(until, moment)}`;
}

function describePause({ kind, until, failures, lastError }: FailedLaunches, wording: Wording): string {
  const going = kind === "probing" ? "one launch at a time" : "tries again";
  const now = until === null ? going : `paused until ${timeOfDay(until, wording)}`;
  return `${now} ${describeFailures({ failures, lastError })}`;
}

function describeFailures({ failures, lastError }: Pick<FailedLaunches, "failures" | "lastError">): string {
  return `after ${failures === 1 ? "a failed launch" : `${failures} failed launches in a row`}: ${lastError}`;
}

function describeFlavor({ message }: Of<"flavor-missing" | "flavor-too-small">, wording: Wording): string {
  return `${message}${linkOf(wording, `; ${seeManual("missing-flavor")}`)}`;
}

/** `cores 40/40`, or `cores 38/40 (4 needed)` where some is left but not enough. */
function useText({ resource, used, limit, need }: ResourceUse): string {
  return `${resourceNames[resource]} ${used}/${limit}${used < limit ? ` (${need} needed)` : ""}`;
}
