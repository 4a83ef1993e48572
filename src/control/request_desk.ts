/**
 * Requests for nodes and who waits for them. A request is attended while a client waits for it; one that nobody
 * has attended for a while is withdrawn, so that a client that died keeps no node from others. Who attends is
 * known to this process only: after a restart every client has the same while to come back, and gets no nodes before it
 * does. It may have died, or be the client of another daemon that works on the state this one is a copy of.
 */
import type { Config } from "../domain/config.ts";
import { tooManyAdvice, tooManyText } from "../domain/describe_obstacle.ts";
import { handOverOf } from "../domain/hand_over.ts";
import { type NodeRecord, stateName } from "../domain/node.ts";
import type { NodeRequest } from "../domain/request.ts";
import { type Instant, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import type { Call } from "../lib/call.ts";
import { waitFor } from "../lib/in_flight.ts";
import { whyTooMany } from "../plan/most_nodes.ts";
import type { Ledger, LedgerChange } from "../store/ledger.ts";
import { endRequest, isInUse } from "../rules/request_changes.ts";
import { ControlError, notConfigured } from "./control_error.ts";
import type { RequestSpec } from "./operations/request_operations.ts";

/** How long a request is kept for a client that does not wait for it. */
const UNATTENDED_FOR = 30 * SECOND;

const WAITING = { nodes: [], grantedAt: null, waitingOn: null } as const;

export class RequestDesk implements Disposable {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  /** One for each client that waits. */
  readonly #waiters = new Set<{ readonly requestId: number }>();
  /** When somebody waited last, by request; those of a former process count from this one's start. */
  readonly #attendedAt = new Map<number, Instant>();
  /** Requests of a former process whose clients have not come back. */
  readonly #deserted: Set<number>;
  readonly #onReturn: () => void;
  readonly #untilSure: (call: Call) => Promise<void>;
  readonly #subscription: Disposable;

  /**
   * @param options `onReturn`: called when a client comes back for a request of a former process; `untilSure`: resolves
   * when nodes may be handed out
   */
  constructor(
    { ledger, clock, onReturn = () => {}, untilSure = () => Promise.resolve() }: {
      ledger: Ledger;
      clock: Clock;
      onReturn?: () => void;
      untilSure?: (call: Call) => Promise<void>;
    },
  ) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#onReturn = onReturn;
    this.#untilSure = untilSure;
    this.#deserted = new Set(ledger.requests.keys());
    for (const id of ledger.requests.keys()) this.#attendedAt.set(id, clock.now());
    this.#subscription = ledger.subscribe((change) => this.#notice(change));
  }

  /** Ids of requests from before this process whose clients have not come back. */
  get deserted(): ReadonlySet<number> {
    return this.#deserted;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** Writes the request down, if its token's has not been written before; the label has been checked. */
  async create({ token = null, ...spec }: RequestSpec): Promise<NodeRequest> {
    const newId = await this.#ledger.takeIds("request", 1);
    const request = await this.#ledger.edit((edit): NodeRequest => {
      const known = token === null ? undefined : edit.requests().find((each) => each.token === token);
      if (known !== undefined) return known;
      const now = this.#clock.now();
      // A client is another process: all that it shares with this one is the machine's clock.
      const deadline = spec.deadline === null ? null : now + spec.deadline - this.#clock.wall();
      const made = { ...spec, token, deadline, revision: 0, id: newId, createdAt: now, ...WAITING };
      edit.putRequest(made);
      return made;
    });
    this.#attendedAt.set(request.id, this.#clock.now());
    return this.#ledger.requests.get(request.id) ?? request;
  }

  /** Resolves when the request is granted; rejects with ControlError when it is withdrawn or unknown. */
  waitForGrant(requestId: number, { signal }: { signal: AbortSignal }): Promise<readonly NodeRecord[]> {
    return waitFor(`nodes for request ${requestId}`, () => this.#grantOf(requestId, signal));
  }

  async #grantOf(requestId: number, signal: AbortSignal): Promise<readonly NodeRecord[]> {
    signal.throwIfAborted();
    const waiter = { requestId };
    this.#waiters.add(waiter);
    if (this.#deserted.delete(requestId)) this.#onReturn();
    try {
      const until = AbortSignal.any([signal, this.#stop.signal]);
      await this.#ledger.until(() => this.#grantedNodes(requestId), { signal: until });
      // Where another leads by now, the nodes may be somebody else's.
      await this.#untilSure({ signal: until });
      return await this.#ledger.until(() => this.#grantedNodes(requestId), { signal: until });
    } finally {
      this.#waiters.delete(waiter);
      if (this.#ledger.requests.has(requestId)) this.#attendedAt.set(requestId, this.#clock.now());
    }
  }

  /**
   * All the nodes of a grant: one may have been marked for deletion between the grant and the answer. null: there is no
   * grant yet.
   */
  #grantedNodes(requestId: number): readonly NodeRecord[] | null {
    const request = this.#ledger.requests.get(requestId);
    if (request === undefined) {
      throw new ControlError(410, `request ${requestId} does not exist: it was withdrawn, or never made`);
    }
    if (request.grantedAt === null) return null;
    const found = request.nodes.flatMap((nodeId) => {
      const node = this.#ledger.nodes.get(nodeId);
      return node !== undefined && (isInUse(node, requestId) || stateName(node) === "hold") ? node : [];
    });
    if (found.length === request.nodes.length) return found;
    throw new ControlError(410, `a node granted to request ${requestId} is gone: ask again`);
  }

  /** The client has the nodes. May be said again. @throws ControlError where the request was withdrawn */
  async confirm(requestId: number): Promise<void> {
    const isTheirs = await this.#ledger.edit((edit) => {
      const request = edit.request(requestId);
      // Confirmed before: a withdrawal would have left none of its nodes to the client.
      if (request === null) return edit.nodes().some((node) => isTheClients(node, requestId));
      if (request.grantedAt !== null) edit.removeRequest(requestId);
      return true;
    });
    if (isTheirs) return;
    throw new ControlError(410, `request ${requestId} was withdrawn before its nodes were taken: ask again`);
  }

  /** Withdraws requests that nobody waits for, or no longer does. Run by a task every few seconds. */
  async withdrawUnattended(): Promise<void> {
    const left = [...this.#ledger.requests.values()].filter((request) => this.#isLeft(request));
    await Promise.all(left.map((request) =>
      this.#ledger.edit((edit) => {
        // Its client may have come back while the edit waited for its turn.
        if (this.#isLeft(request)) endRequest(edit, { requestId: request.id, now: this.#clock.now() });
      })
    ));
  }

  #isLeft({ id, deadline }: NodeRequest): boolean {
    const now = this.#clock.now();
    if (deadline !== null && now >= deadline + UNATTENDED_FOR) return true;
    const isAttended = [...this.#waiters].some(({ requestId }) => requestId === id);
    return !isAttended && now - (this.#attendedAt.get(id) ?? now) >= UNATTENDED_FOR;
  }

  /** Ends all waiting; the requests stay. */
  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    this.#stop.abort(new ControlError(503, "the daemon is stopping"));
  }

  #notice({ requests }: LedgerChange): void {
    for (const { previous, next } of requests) {
      if (previous === null || next !== null) continue;
      this.#attendedAt.delete(previous.id);
      this.#deserted.delete(previous.id);
    }
  }
}

/** Also while somebody holds it. */
function isTheClients(node: NodeRecord, requestId: number): boolean {
  const isHeld = stateName(node) === "hold" && node.requestId === requestId && node.jobEnd === null;
  return isHeld || isInUse(node, requestId);
}

/**
 * @param pool `nodes`: those that are ready are available in any case
 * @throws ControlError for a request that no configuration like this can meet
 */
export function checkRequest(
  { label: name, count }: RequestSpec,
  pool: { config: Config; nodes?: Iterable<NodeRecord> },
): void {
  const { config } = pool;
  const label = config.labels.find((candidate) => candidate.name === name);
  if (label === undefined) throw notConfigured(name, { kind: "label", known: config.labels });
  if (label.minReady < 0) throw new ControlError(409, `label ${name} is disabled: its min-ready is -1`);
  const taking = config.targets.find((target) => handOverOf(target) !== "none");
  if (taking !== undefined) {
    throw new ControlError(
      409,
      `cannot hand out nodes of target ${taking.name}, which could send its jobs to them; ` +
        "ask a pool whose targets take no nodes",
    );
  }
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new ControlError(400, `cannot ask for ${count} nodes: give a whole number of at least 1`);
  }
  const never = whyTooMany(label, count, pool);
  if (never !== null) {
    throw new ControlError(409, `the request ${tooManyText(never)}: ${tooManyAdvice(never)}`);
  }
}
