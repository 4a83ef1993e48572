/** The events of a commit, read off the records that it changes. Pure; the ledger calls it with each. */
import type { AutoHold } from "../auto_hold.ts";
import { countText } from "../count_text.ts";
import type { DibImage } from "../dib_image.ts";
import type { LaunchPause } from "../launch_pause.ts";
import type { NodeRecord } from "../node.ts";
import type { EventKind, NewEvent } from "../pool_event.ts";
import type { ProviderImage } from "../provider_image.ts";
import type { NodeRequest } from "../request.ts";
import { durationText, type Instant } from "../time.ts";
import { dibImageEvents, providerImageEvents } from "./image_events.ts";
import { nodeEvents } from "./node_events.ts";

type Changes<Entity> = readonly { readonly previous: Entity | null; readonly next: Entity | null }[];

interface RecordChanges {
  readonly requests: Changes<NodeRequest>;
  readonly nodes: Changes<NodeRecord>;
  readonly dibImages: Changes<DibImage>;
  readonly images: Changes<ProviderImage>;
  readonly jobs: Changes<AutoHold>;
  readonly pauses: Changes<LaunchPause>;
}

export function eventsOf(change: RecordChanges, now: Instant): readonly NewEvent[] {
  return [
    ...change.jobs.flatMap(({ previous, next }) => jobEvents(previous, next)),
    ...change.requests.flatMap(({ previous, next }) => requestEvents(previous, next, now)),
    ...change.nodes.flatMap(({ previous, next }) => [...nodeEvents(previous, next, now)]),
    ...change.dibImages.flatMap(({ previous, next }) => dibImageEvents(previous, next)),
    ...change.images.flatMap(({ previous, next }) => providerImageEvents(previous, next)),
    ...change.pauses.flatMap(({ previous, next }) => pauseEvents(previous, next)),
  ];
}

/** One that is removed after its grant was taken; one that is removed before is withdrawn. */
function requestEvents(
  previous: NodeRequest | null,
  next: NodeRequest | null,
  now: Instant,
): NewEvent[] {
  const request = (next ?? previous)!;
  const { id, label, count, job, client, createdAt } = request;
  const waited = durationText(now - createdAt);
  const about = (kind: EventKind, what: string): NewEvent[] => [{
    kind,
    subject: { type: "request", id, name: label },
    labels: { label, ...(job === null ? {} : { job }), ...(client === null ? {} : { client }) },
    message: `request ${id} ${what}`,
  }];
  if (previous === null) {
    return about(
      "request.made",
      `asks for ${countText(count, "node")} of ${label}${client === null ? "" : ` for ${client}`}`,
    );
  }
  if (next !== null && previous.grantedAt === null && next.grantedAt !== null) {
    const nodes = next.nodes.length === 1 ? "node" : "nodes";
    return about("request.granted", `got ${nodes} ${next.nodes.join(", ")} after ${waited}`);
  }
  return next === null && previous.grantedAt === null
    ? about("request.withdrawn", `for ${countText(count, "node")} of ${label} was withdrawn after ${waited}`)
    : [];
}

function jobEvents(previous: AutoHold | null, next: AutoHold | null): NewEvent[] {
  const { id, job, holdOnFailure } = (next ?? previous)!;
  const about = (kind: EventKind, message: string): NewEvent[] => [
    { kind, subject: { type: "job", id, name: job }, labels: { job }, message },
  ];
  if (previous === null) {
    return about("job.created", `nodes on which ${job} fails are held, up to ${holdOnFailure}`);
  }
  return next === null ? about("job.deleted", `nodes on which ${job} fails are no longer held`) : [];
}

function pauseEvents(previous: LaunchPause | null, next: LaunchPause | null): NewEvent[] {
  const { provider, label } = (next ?? previous)!;
  const subject = { type: "provider", id: null, name: provider } as const;
  const labels = { provider, ...(label === "" ? {} : { label }) };
  const what = label || "servers for images";
  if (next === null) {
    return [{ kind: "provider.resumed", subject, labels, message: `${provider} launches ${what} again` }];
  }
  if (next.until === null) return [];
  const pause = durationText(next.until - next.lastFailureAt);
  const message =
    `${provider} launches no ${what} for ${pause}, after ${next.failures} failed: ${next.lastError}`;
  return [{ kind: "provider.paused", subject, labels, message }];
}
