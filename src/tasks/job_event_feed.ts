/**
 * Puts the jobs on the pool's nodes that Jenkins publishers report into the ledger: a job that has
 * begun makes its node used, one that is over ends its use a while later. The pool holds it.
 */
import type { JobEvent } from "../demand/zmq/job_event.ts";
import type { Config } from "../domain/config.ts";
import { isJobRunning } from "../domain/end_of_hold.ts";
import type { LinkState } from "../domain/link_state.ts";
import type { NodeRecord } from "../domain/node.ts";
import { transition } from "../domain/node_transition.ts";
import type { Instant } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { KeptOpen } from "../lib/kept_open.ts";
import { loggerOf } from "../lib/logging.ts";
import { findTarget, type HeardSince } from "../domain/hand_over.ts";
import { heldAfterEnd } from "../rules/end_job.ts";
import type { Edit } from "../store/draft.ts";
import type { Ledger } from "../store/ledger.ts";

export interface JobEventFeedDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly listen: (options: {
    readonly endpoint: string;
    readonly onEvent: (event: JobEvent) => void;
    readonly onState: (state: LinkState) => void;
  }) => Publisher;
  /** A job on a node is over. */
  readonly onJobEnd: (node: NodeRecord, event: JobEvent) => void;
  readonly onError: (task: string, error: unknown) => void;
}

type Publisher = { readonly state: LinkState } & AsyncDisposable;

const log = loggerOf("zmq");

type FeedConfig = Pick<Config, "zmqPublishers" | "targets">;

export class JobEventFeed implements AsyncDisposable {
  readonly #deps: JobEventFeedDeps;
  readonly #idByNodename = new Map<string, number>();
  readonly #subscription: Disposable;
  readonly #storing = new Set<Promise<void>>();
  readonly #publishers: KeptOpen<Publisher>;
  /** By manager: the endpoint that reported its jobs last. That others are silent says nothing of its nodes. */
  readonly #publisherOf = new Map<string, string>();
  #config: FeedConfig = { zmqPublishers: [], targets: [] };

  constructor(deps: JobEventFeedDeps) {
    this.#deps = deps;
    this.#publishers = new KeptOpen(deps.clock);
    for (const { role, nodename, id } of deps.ledger.nodes.values()) {
      if (role === "node") this.#idByNodename.set(nodename, id);
    }
    this.#subscription = deps.ledger.subscribe(({ nodes }) => {
      for (const { previous, next } of nodes) {
        if (next === null) this.#forget(previous!);
        else if (previous === null && next.role === "node") this.#idByNodename.set(next.nodename, next.id);
      }
    });
  }

  /** How the publishers stand. */
  get publishers(): readonly { readonly endpoint: string; readonly state: LinkState }[] {
    return this.#config.zmqPublishers.flatMap((endpoint) => {
      const publisher = this.#publishers.get(endpoint);
      return publisher === null ? [] : { endpoint, state: publisher.state };
    });
  }

  /** Of managers whose jobs a publisher has reported: since when none of its events can have been missed. */
  get heardSince(): HeardSince {
    return new Map(
      [...this.#publisherOf].flatMap(([manager, endpoint]) => {
        const state = this.#publishers.get(endpoint)?.state;
        return state?.status === "connected" ? [[manager, state.since] as const] : [];
      }),
    );
  }

  /**
   * Listens to the configuration's publishers and no others. The connection to one that was there before is kept: events
   * that nobody hears are lost, and with them the ends of jobs.
   */
  async configure(config: FeedConfig): Promise<void> {
    this.#config = config;
    await this.#publishers.configure(
      new Map(config.zmqPublishers.map((endpoint) => {
        const onEvent = (event: JobEvent) => this.#note(event, endpoint);
        const onState = (state: LinkState) => tell(endpoint, state);
        return [endpoint, { by: null, open: () => this.#deps.listen({ endpoint, onEvent, onState }) }];
      })),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using ending = new AsyncDisposableStack();
    ending.defer(() => Promise.all(this.#storing).then(() => {}));
    ending.use(this.#subscription);
    ending.use(this.#publishers);
  }

  /** Nodes of an older state may share a name. */
  #forget({ nodename, id }: NodeRecord): void {
    if (this.#idByNodename.get(nodename) === id) this.#idByNodename.delete(nodename);
  }

  #note(event: JobEvent, endpoint: string): void {
    const id = this.#idByNodename.get(event.nodename);
    if (id === undefined || event.type === "completed") return;
    const manager = this.#deps.ledger.nodes.get(id)?.manager ?? null;
    if (manager !== null) this.#publisherOf.set(manager, endpoint);
    const storing = this.#store(id, event).catch((error) => this.#deps.onError("zmq", error));
    this.#storing.add(storing);
    storing.finally(() => this.#storing.delete(storing));
  }

  async #store(id: number, event: JobEvent): Promise<void> {
    const { ledger, clock, onJobEnd } = this.#deps;
    const config = this.#config;
    const previous = await ledger.edit((edit) => {
      const node = edit.node(id);
      const next = node === null ? null : afterEvent(node, event, { config, edit, now: clock.now() });
      if (next === null) return null;
      edit.putNode(next);
      return node;
    });
    if (event.type === "finalized" && previous?.state.phase === "used") onJobEnd(previous, event);
  }
}

/** The record after the event; null: nothing changes, since it is being deleted or tested, or what is told is known. */
function afterEvent(
  node: NodeRecord,
  event: JobEvent,
  { config, edit, now }: { config: FeedConfig; edit: Edit; now: Instant },
): NodeRecord | null {
  const { job, result, type } = event;
  const isTest = job === findTarget(config, node.target)?.jenkins?.testJob;
  // One that has passed may be given a job before its target answers that its jobs may ask for it.
  if (node.state.phase === "test" && (isTest || node.jobEnd?.result !== "SUCCESS")) {
    return isTest && type === "finalized" ? transition(node, { type: "job-ended", result }, now) : null;
  }
  const free = node.state.phase === "test"
    ? transition(node, { type: "tested" }, now)
    : isBeingHandedOver(node, config)
    ? transition(node, { type: "assigned", manager: null, next: "ready" }, now)
    : node;
  // Its start may have been published while nobody listened.
  const taken = mayBeTaken(free)
    ? transition(free, { type: "taken", job, requestId: null }, now)
    : isBegunAfterAnother(node, event)
    ? transition(keptFor(node, { edit, now }), { type: "job-begun", job }, now)
    : node;
  if (taken.state.phase !== "used" && taken.state.phase !== "hold") return null;
  if (type === "finalized") {
    // Two publishers may tell of one end.
    if (taken.jobEnd !== null) return null;
    return transition({ ...taken, job: taken.job ?? job }, { type: "job-ended", result }, now);
  }
  return taken === node ? null : taken;
}

/** Ready, or to go, which was decided by somebody who did not know of the job. */
function mayBeTaken({ state }: NodeRecord): boolean {
  return state.phase === "ready" || (state.phase === "unassign" && state.mayRunJob === true);
}

/** Whether its target has been asked to take it, and may give it jobs before it answers, or without an answer. */
function isBeingHandedOver({ state, assignedAt, target }: NodeRecord, config: FeedConfig): boolean {
  const isTested = (findTarget(config, target)?.jenkins?.testJob ?? null) !== null;
  return state.phase === "assign" && assignedAt !== null && !isTested;
}

/** The first job on a held node, or one after another: neither the hold's end nor the other's must end it. */
function isBegunAfterAnother(node: NodeRecord, { type }: JobEvent): boolean {
  const isInUse = node.state.phase === "hold" || node.state.phase === "used";
  return isInUse && type === "started" && !isJobRunning(node);
}

/** A node that was to be held for the job that has ended is held now. */
function keptFor(node: NodeRecord, { edit, now }: { edit: Edit; now: Instant }): NodeRecord {
  if (node.state.phase !== "used" || node.jobEnd === null) return node;
  return heldAfterEnd(edit, node, { result: node.jobEnd.result, now }) ?? node;
}

function tell(endpoint: string, state: LinkState): void {
  if (state.status === "connected") log.info("publisher {endpoint} is connected", { endpoint });
  if (state.status === "away") {
    log.warning("publisher {endpoint}: {reason}", { endpoint, reason: state.message });
  }
}
