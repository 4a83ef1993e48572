/** Reads off a change of a node's record the events that it means. Pure; `eventsOf` calls it for each. */
import { describeEnd, failureOfNode, whyEnded } from "../describe_gone.ts";
import { beginningOf, waitOf } from "../lifeline.ts";
import { type NodeRecord, type NodeStateName, stateName } from "../node.ts";
import type { EventKind, NewEvent } from "../pool_event.ts";
import { durationText, type Instant } from "../time.ts";

/** @param now when a node that is gone went */
export function* nodeEvents(
  previous: NodeRecord | null,
  next: NodeRecord | null,
  now: Instant,
): Generator<NewEvent> {
  if (next === null) {
    if (previous !== null) yield gone(previous, now);
    return;
  }
  yield* holdEvents(previous, next);
  const state = stateName(next);
  if (state !== "hold" && (previous === null || stateName(previous) !== state)) yield ENTERED[state](next);
}

/** By the state that it has come into; a hold has events of its own. */
const ENTERED: Readonly<Record<Exclude<NodeStateName, "hold">, (node: NodeRecord) => NewEvent>> = {
  building: (node) =>
    about(node, "node.launching", `will be launched on ${node.provider}: ${node.launchReason}`),
  test: (node) => about(node, "node.testing", `is being tested by its target ${node.target}`),
  ready: (node) =>
    about(node, "node.ready", `is ready after ${durationText(node.stateSince - beginningOf(node))}`),
  used: (node) => about(node, "node.used", `is in use${describeUser(node)}`),
  delete: deletion,
};

function describeUser(node: NodeRecord): string {
  const { job, asked, requestId } = node;
  const waited = waitOf(node);
  return [
    job === null ? "" : ` for ${job}`,
    asked?.client ? ` by ${asked.client}` : "",
    requestId === null || waited === null ? "" : `, ${durationText(waited)} after request ${requestId}`,
  ].join("");
}

function deletion(node: NodeRecord): NewEvent {
  const failure = failureOfNode(node);
  const why = whyEnded(node);
  const because = why === null ? "" : `: ${why}`;
  return failure === null
    ? about(node, "node.deleting", `is being deleted${because}`)
    : about(node, "node.failed", `failed${because}`, { failure });
}

function gone(node: NodeRecord, now: Instant): NewEvent {
  const lived = durationText(now - beginningOf(node));
  const result = node.result ?? "lost";
  return about(node, "node.gone", `is gone after ${lived}: ${describeEnd({ node, endedAt: now })}`, {
    result,
  });
}

function* holdEvents(previous: NodeRecord | null, next: NodeRecord): Generator<NewEvent> {
  const [before, after] = [previous, next].map((node) => node !== null && stateName(node) === "hold");
  const { hold } = next;
  const owner: Record<string, string> = hold?.owner ? { owner: hold.owner } : {};
  const who = [hold?.owner ? ` by ${hold.owner}` : "", hold?.reason ? `: ${hold.reason}` : ""].join("");
  if (after && !before) yield about(next, "hold.begun", `is held${who}`, owner);
  else if (after && previous?.hold !== hold && !same(previous?.hold, hold)) {
    yield about(next, "hold.changed", `is held on new terms${who}`, owner);
  } else if (before && !after) yield about(next, "hold.ended", "is no longer held");
}

function same(one: NodeRecord["hold"] | undefined, other: NodeRecord["hold"]): boolean {
  return one?.reason === other?.reason && one?.owner === other?.owner && one?.until === other?.until;
}

function about(
  node: NodeRecord,
  kind: EventKind,
  what: string,
  more: Record<string, string> = {},
): NewEvent {
  const { id, hostname, provider, label, image, job } = node;
  return {
    kind,
    subject: { type: "node", id, name: hostname },
    labels: {
      provider,
      ...(label === "" ? {} : { label }),
      image,
      ...(job === null ? {} : { job }),
      ...(node.role === "node" ? {} : { role: node.role }),
      ...more,
    },
    message: `node ${id} ${what}`,
  };
}
