/**
 * The daemon's first answer, by which a command of another version knows whether both understand each other. The
 * operations need no numbers: the greeting names them. The protocol's number rises when requests and answers as such
 * travel in another way.
 */
import * as v from "valibot";
import { VERSION } from "../lib/build_info.ts";
import { rows, string } from "../views/view_schema.ts";

/** A daemon of 0.3.0 has 1, and sends no greeting. */
export const PROTOCOL = 2;

/** The oldest protocol that a daemon of this version understands. */
export const OLDEST_PROTOCOL = 1;

/** The header in which a command names its protocol. */
export const PROTOCOL_HEADER = "nodepool-protocol";

export const greetingSchema = v.object({
  nodepool: string,
  protocol: v.number(),
  oldest_protocol: v.number(),
  operations: rows(string),
});

export type Greeting = v.InferOutput<typeof greetingSchema>;

/** Of this process. */
export function greetingOf(operations: object): Greeting {
  return {
    nodepool: VERSION,
    protocol: PROTOCOL,
    oldest_protocol: OLDEST_PROTOCOL,
    operations: Object.keys(operations),
  };
}

/** The greeting that a daemon of 0.3.0, which sends none, would send. */
export const SILENT_GREETING: Greeting = {
  nodepool: "0.3.0",
  protocol: 1,
  oldest_protocol: 1,
  operations: ("node-list image-list dib-image-list label-list provider-list request-list job-list status " +
    "reload node node-metadata node-end inventory hold delete release job-create job-delete " +
    "request request-grant request-confirm request-withdraw image-order image-order-end build-log " +
    "image-delete dib-image-delete alien-list alien-image-list").split(" "),
};

/** Of its requests, the keys that it passes over unread, with the options that they come from. */
const SILENTLY_IGNORED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "hold": { newOwner: "--owner", extend: "--extend" },
  "image-delete": { replaceReady: "--replace-ready" },
};

/** Why the sender of the greeting cannot be asked for the operation, and what to do; null: it can. */
export function misfit(greeting: Greeting, operation: string, request: object = {}): string | null {
  const { nodepool, protocol, oldest_protocol, operations } = greeting;
  if (oldest_protocol > PROTOCOL) return tooOld(nodepool, { isDaemon: false });
  if (protocol < OLDEST_PROTOCOL) return tooOld(nodepool, { isDaemon: true });
  const unknown = operations.includes(operation)
    ? greeting === SILENT_GREETING && ignoredOption(operation, request)
    : operation;
  return unknown
    ? `${tooOld(nodepool, { isDaemon: !isNewer(nodepool) })} (it does not know ${unknown})`
    : null;
}

function ignoredOption(operation: string, request: object): string | undefined {
  const given = Object.entries(request).filter(([, value]) => (value ?? false) !== false).map(([key]) => key);
  return given.map((key) => SILENTLY_IGNORED[operation]?.[key]).find((option) => option !== undefined);
}

/** For an answer that does not fit: the versions, where they may be why. */
export function blameVersion({ nodepool }: Greeting): string | null {
  return nodepool === VERSION ? null : tooOld(nodepool, { isDaemon: !isNewer(nodepool) });
}

function tooOld(daemon: string, { isDaemon }: { isDaemon: boolean }): string {
  return isDaemon
    ? `the daemon is too old: it runs nodepool ${daemon}, this is ${VERSION}; restart the daemon with this version`
    : `this nodepool (${VERSION}) is too old for the daemon, which runs ${daemon}: use the daemon's version`;
}

function isNewer(version: string): boolean {
  const [theirs, ours] = [version, VERSION].map((text) => text.split(".").map(Number));
  const at = theirs!.findIndex((part, index) => part !== ours![index]);
  return at >= 0 && theirs![at]! > (ours![at] ?? -1);
}
