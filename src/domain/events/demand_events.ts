/** Reads off changes of requests, of jobs that are held for, and of pauses the events that they mean. Pure. */
import type { AutoHold } from "../auto_hold.ts";
import type { LaunchPause } from "../launch_pause.ts";
import type { EventKind, NewEvent } from "../pool_event.ts";
import type { NodeRequest } from "../request.ts";
import { durationText, type Instant } from "../time.ts";

/** One that is removed after its grant was taken; one that is removed before is withdrawn. */
export function requestEvents(
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
    return about("request.made", `asks for ${count} of ${label}${client === null ? "" : ` for ${client}`}`);
  }
  if (next !== null && previous.grantedAt === null && next.grantedAt !== null) {
    const nodes = next.nodes.length === 1 ? "node" : "nodes";
    return about("request.granted", `got ${nodes} ${next.nodes.join(", ")} after ${waited}`);
  }
  return next === null && previous.grantedAt === null
    ? about("request.withdrawn", `for ${count} of ${label} was withdrawn after ${waited}`)
    : [];
}

export function jobEvents(previous: AutoHold | null, next: AutoHold | null): NewEvent[] {
  const { id, job, holdOnFailure } = (next ?? previous)!;
  const about = (kind: EventKind, message: string): NewEvent[] => [
    { kind, subject: { type: "job", id, name: job }, labels: { job }, message },
  ];
  if (previous === null) {
    return about("job.created", `nodes that fail ${job} are held, up to ${holdOnFailure}`);
  }
  return next === null ? about("job.deleted", `nodes that fail ${job} are no longer held`) : [];
}

export function pauseEvents(previous: LaunchPause | null, next: LaunchPause | null): NewEvent[] {
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
