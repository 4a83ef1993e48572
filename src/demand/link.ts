/**
 * A connection to one server that is made again whenever it ends, with growing pauses. What is said over it is a
 * `Conversation`, one for each connection, and synchronous: it gets bytes, sends bytes, and throws where the
 * server says what it must not. A server that goes silent is found out and given up. Gearman and ZeroMQ use it.
 */
import type { LinkState } from "../domain/link_state.ts";
import { MINUTE, SECOND } from "../domain/time.ts";
import { backoff } from "../domain/backoff.ts";
import { bulkhead } from "../lib/bulkhead.ts";
import type { Clock } from "../lib/clock.ts";
import { startDeadline } from "../lib/deadline.ts";
import { errorChain } from "../lib/error_chain.ts";
import { orAborted } from "../lib/or_aborted.ts";
import type { Random } from "../lib/random.ts";
import type { Address, Dial, Wire } from "./wire.ts";

/** The server, as a conversation sees it. */
export interface Peer {
  send(bytes: Uint8Array): void;
  /** Tells that the server speaks the protocol: from now on the link counts as connected. */
  establish(): void;
  /** Gives the connection up. */
  fail(error: Error): void;
}

export interface Conversation {
  /** Takes bytes that came, good during the call only. @throws Error for what the server must not say */
  receive(bytes: Uint8Array): void;
  /** Since when the server owes an answer, on the monotonic clock; null: it owes none. */
  readonly awaitingSince: number | null;
  /** Nothing came for long and nothing is due: says something that needs an answer, where the protocol has that. */
  probe(): void;
  /** The connection is over; nothing can be sent any more. */
  end(error: Error): void;
}

export interface LinkDeps {
  readonly dial: Dial;
  readonly clock: Clock;
  readonly random: Random;
}

interface LinkOptions extends LinkDeps {
  readonly address: Address;
  readonly converse: (peer: Peer) => Conversation;
  /** Called with each new state. */
  readonly onState: (state: LinkState) => void;
}

const CONNECT_TIMEOUT = 10 * SECOND;
/** A server that owes an answer and says nothing for this long is given up. */
export const ANSWER_LIMIT = 10 * SECOND;
/** After this long without a word the server is probed. */
const QUIET_LIMIT = 30 * SECOND;
/** How often silence is looked for. */
const WATCH_INTERVAL = 2 * SECOND;
const FIRST_PAUSE = SECOND;
/** Also how long a connection must last for the next pause to be short again. */
const LONGEST_PAUSE = MINUTE;

/** Begins to connect at once, and lasts until it is disposed of. */
export class Link implements AsyncDisposable {
  readonly #options: LinkOptions;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  state: LinkState;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.state = { status: "connecting", since: options.clock.now() };
    this.#loop = this.#runForever();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("nodepool closed the connection"));
    await this.#loop;
  }

  async #runForever(): Promise<void> {
    const { clock, random } = this.#options;
    const { signal } = this.#stop;
    for (let failures = 1; !signal.aborted; failures++) {
      const startedAt = clock.monotonic();
      const error = await this.#connectOnce(signal).catch((error) => error);
      if (signal.aborted) return;
      if (clock.monotonic() - startedAt > LONGEST_PAUSE) failures = 1;
      const pause = backoff({ failures, base: FIRST_PAUSE, max: LONGEST_PAUSE, jitter: random });
      this.#setAway(errorChain(error), pause);
      await clock.sleep(pause, { signal }).catch(() => {});
    }
  }

  /** From the attempt to connect to the connection's end, which is always an error. */
  async #connectOnce(signal: AbortSignal): Promise<never> {
    using wire = await this.#dialInTime(signal);
    signal.throwIfAborted();
    const over = new AbortController();
    const broken = Promise.withResolvers<never>();
    const spoken = new SpokenWire(wire, this.#options);
    const conversation = this.#options.converse({
      send: (bytes) => wire.send(bytes),
      establish: () => {
        if (!over.signal.aborted) {
          this.#setState({ status: "connected", since: this.#options.clock.now() });
        }
      },
      fail: (error) => broken.reject(error),
    });
    const parts = [
      spoken.listen(conversation),
      spoken.watch(conversation, { signal: over.signal }),
      broken.promise,
    ];
    try {
      return await orAborted(Promise.race(parts), signal);
    } catch (error) {
      conversation.end(error as Error);
      throw error;
    } finally {
      over.abort();
      wire[Symbol.dispose]();
      broken.reject(over.signal.reason);
      await Promise.allSettled(parts);
    }
  }

  async #dialInTime(signal: AbortSignal): Promise<Wire> {
    const { dial, address, clock } = this.#options;
    const reason = () => new Error(`no connection within ${CONNECT_TIMEOUT / SECOND} s; check the address`);
    using attempt = startDeadline({ clock, timeout: CONNECT_TIMEOUT, signal, reason });
    return await dial(address, attempt);
  }

  #setAway(message: string, pause: number): void {
    const now = this.#options.clock.now();
    const since = this.state.status === "away" ? this.state.since : now;
    this.#setState({ status: "away", since, message, retryAt: now + pause });
  }

  #setState(state: LinkState): void {
    this.state = state;
    bulkhead("a listener for a connection's states", () => this.#options.onState(state));
  }
}

/** One connection while it is spoken over. */
class SpokenWire {
  readonly #wire: Wire;
  readonly #clock: Clock;
  /** When something came last, or the server was probed. */
  #stirredAt: number;

  constructor(wire: Wire, { clock }: { clock: Clock }) {
    this.#wire = wire;
    this.#clock = clock;
    this.#stirredAt = clock.monotonic();
  }

  async listen(conversation: Conversation): Promise<never> {
    for (let bytes = await this.#wire.read(); bytes !== null; bytes = await this.#wire.read()) {
      this.#stirredAt = this.#clock.monotonic();
      conversation.receive(bytes);
    }
    throw new Error("it closed the connection");
  }

  async watch(conversation: Conversation, { signal }: { signal: AbortSignal }): Promise<never> {
    for (;;) {
      await this.#clock.sleep(WATCH_INTERVAL, { signal });
      const now = this.#clock.monotonic();
      const { awaitingSince } = conversation;
      if (awaitingSince === null) {
        if (now - this.#stirredAt < QUIET_LIMIT) continue;
        this.#stirredAt = now;
        conversation.probe();
      } else if (now - Math.max(awaitingSince, this.#stirredAt) >= ANSWER_LIMIT) {
        throw new Error(`no response for ${ANSWER_LIMIT / SECOND} s`);
      }
    }
  }
}
