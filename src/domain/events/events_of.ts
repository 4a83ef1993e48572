/** The events of a commit, read off the records that it changes. Pure; the ledger calls it with each. */
import type { AutoHold } from "../auto_hold.ts";
import type { DibImage } from "../dib_image.ts";
import type { LaunchPause } from "../launch_pause.ts";
import type { NodeRecord } from "../node.ts";
import type { NewEvent } from "../pool_event.ts";
import type { ProviderImage } from "../provider_image.ts";
import type { NodeRequest } from "../request.ts";
import type { Instant } from "../time.ts";
import { jobEvents, pauseEvents, requestEvents } from "./demand_events.ts";
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
