/**
 * An event of the pool: something that has happened to a node, an image, a request, a provider, a hold or the
 * configuration, as it is stored and sent to followers. Most are read off the records that a commit changes
 * (`events_of.ts`), so that nothing can happen without its event; what no record shows is reported in an edit.
 */
import type { Instant } from "./time.ts";

/** An id is given when it is stored. */
export interface NewEvent {
  readonly kind: EventKind;
  readonly subject: EventSubject;
  /** The names that it concerns, such as `provider`, `label`; never a text. */
  readonly labels: Readonly<Record<string, string>>;
  /** For people. */
  readonly message: string;
}

export interface PoolEvent extends NewEvent {
  /** One more than that of the event before it; never given again. */
  readonly id: number;
  readonly at: Instant;
}

/** The thing that it happened to. `id` null: its kind of thing has names alone. */
interface EventSubject {
  readonly type:
    | "node"
    | "image"
    | "dib-image"
    | "request"
    | "provider"
    | "job"
    | "configuration"
    | "daemon"
    | "machine";
  readonly id: number | null;
  readonly name: string;
}

/** Of each kind of thing, all that can happen to it. */
export const eventKinds = {
  node: ["launching", "testing", "ready", "used", "failed", "deleting", "gone"],
  hold: ["begun", "changed", "ended"],
  image: ["building", "ready", "failed", "deleting", "gone"],
  request: ["made", "granted", "withdrawn"],
  provider: ["up", "down", "frozen", "unfrozen", "paused", "resumed"],
  job: ["created", "deleted"],
  configuration: ["changed", "refused", "mended"],
  daemon: ["started"],
  machine: ["leads", "joined", "left"],
} as const;

export type EventKind = {
  [Thing in keyof typeof eventKinds]: `${Thing}.${(typeof eventKinds)[Thing][number]}`;
}[keyof typeof eventKinds];

/** The events that are kept. The ledger has them. */
export interface EventRecords {
  /** Those after an id, the oldest first: at least as many as the limit says, where there are. */
  listEvents(options: { after: number; limit: number }): Promise<readonly PoolEvent[]>;
  /** The id after which the events since that moment come. */
  lastEventBefore(moment: Instant): Promise<number>;
}
