/**
 * One connection over ssh2, from its socket to its end. The first failure is the one that counts: it closes the
 * socket and aborts `lost`, to which all work on the connection listens. It holds one socket, which is closed once
 * `close` has resolved. `ssh2_shell.ts` opens it.
 */
import { Socket } from "node:net";
import type { AnyAuthMethod, Client } from "ssh2";
import { type Milliseconds, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { setAlarm } from "../lib/deadline.ts";
import { hostKeyPreference, hostKeyText } from "./host_key.ts";
import {
  closedEarly,
  failureOf,
  isChannelRefused,
  loginOutOfTime,
  loginPlace,
  type LoginProgress,
  type LoginStage,
  otherHostKey,
} from "./login_failure.ts";
import { CIPHERS, KEX, OfferReader } from "./server_offer.ts";
import type { LoginError, LoginTarget } from "./shell.ts";
import { releaseCiphers, tolerateInRekey } from "./inner_parts.ts";

/** A packet that a firewall swallowed is not answered later; a server that answers may take longer for what follows. */
const CONNECT_TIMEOUT: Milliseconds = 10 * SECOND;

/** A server that does not take the goodbye within this time is not listening any more. */
const GOODBYE: Milliseconds = 1 * SECOND;

/** A server that lets few channels be open (MaxSessions) may not have noticed yet that one is closed: the pauses double. */
const CHANNEL_PAUSES = { first: 0.05 * SECOND, longest: 1 * SECOND };

/** Keepalives without an answer after which the server is given up. */
const KEEPALIVES = 3;

type ChannelAnswer<Channel> = (error: Error | undefined, channel?: Channel) => void;

interface ConnectionOptions {
  readonly client: Client;
  readonly privateKey: string;
  readonly clock: Clock;
  readonly terminals: "unasked" | "refused";
  /** Between two questions whether the server is still there; 0: none. */
  readonly keepalive: Milliseconds;
}

export class Ssh2Connection {
  readonly #target: LoginTarget;
  readonly #options: ConnectionOptions;
  readonly #socket = new Socket();
  readonly #closed = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #lost = new AbortController();
  /** Aborted with the first failure. */
  readonly lost = this.#lost.signal;
  /** The user, address and port, as messages begin. */
  readonly where: string;
  readonly clock: Clock;
  readonly #offer = new OfferReader();
  /** Methods that the server wants besides the key, or in its place. */
  #wanted: readonly string[] = [];
  /** Whether its commands get pseudo-terminals: `asked` until the server's first answer. */
  terminals: "unasked" | "asked" | "given" | "refused";
  #stage: LoginStage = "connect";
  /** The host key that the server showed, as `TYPE BASE64`. */
  hostKey = "";

  constructor(target: LoginTarget, options: ConnectionOptions) {
    this.#target = target;
    this.#options = options;
    this.where = loginPlace(target);
    this.clock = options.clock;
    this.terminals = options.terminals;
    this.#socket.once("close", () => {
      releaseCiphers(options.client);
      this.#closed.resolve();
    });
  }

  /** Connects and logs in, once. @throws the first failure */
  open(): Promise<void> {
    const { client, privateKey, keepalive } = this.#options;
    this.#limitConnecting();
    const read = (chunk: Uint8Array) => this.#offer.add(chunk);
    this.#socket.on("data", read);
    client
      .on("error", (error) => this.fail(failureOf(error, this.#progress)))
      .on("close", () => this.fail(closedEarly(this.#progress)))
      // It comes again whenever the keys are changed.
      .on("handshake", () => tolerateInRekey(client))
      .once("handshake", () => {
        this.#socket.off("data", read);
        this.#stage = "auth";
      })
      .on("ready", () => {
        this.#stage = "command";
        this.#ready.resolve();
      });
    this.#socket.setNoDelay(true);
    this.#socket.connect(this.#target.port, this.#target.address);
    client.connect({
      sock: this.#socket,
      username: this.#target.username,
      privateKey,
      authHandler: (left) => this.#nextMethod(left),
      algorithms: {
        kex: KEX,
        serverHostKey: hostKeyPreference(this.#target.hostKeys),
        cipher: CIPHERS,
      },
      hostVerifier: (key: Uint8Array) => this.#accepts(hostKeyText(key)),
      readyTimeout: 0,
      keepaliveInterval: keepalive,
      keepaliveCountMax: KEEPALIVES,
    });
    return this.#ready.promise;
  }

  /**
   * Asks the client for a channel.
   * @param answer is given it as soon as it is open, or the error; listeners to the channel begin there
   */
  ask<Channel>(
    request: (client: Client, done: ChannelAnswer<Channel>) => void,
    { signal, answer }: { signal: AbortSignal; answer: ChannelAnswer<Channel> },
  ): void {
    const ask = (pause: Milliseconds) => {
      try {
        request(this.#options.client, (error, channel) => {
          if (!isChannelRefused(error) || pause > CHANNEL_PAUSES.longest) return answer(error, channel);
          this.clock.sleep(pause, { signal }).then(() => ask(2 * pause), (stopped) => answer(stopped));
        });
      } catch (error) {
        // The server has ended the connection already.
        answer(failureOf(error, this.#progress));
      }
    };
    ask(CHANNEL_PAUSES.first);
  }

  /** Names the stage that messages of failures mention from now on. */
  enter(stage: LoginStage): void {
    this.#stage = stage;
  }

  /** Ends the connection; without effect once it has ended. */
  fail(reason: unknown): void {
    this.#ready.reject(reason);
    if (!this.lost.aborted) this.#lost.abort(reason);
    this.#socket.destroy();
  }

  /** The failure where time is up now. */
  outOfTime(timeout: Milliseconds): LoginError {
    return loginOutOfTime(timeout, this.#progress);
  }

  /** Says goodbye where there is somebody to hear it; resolves when the socket is closed. */
  async close(): Promise<void> {
    const { client, clock } = this.#options;
    client.end();
    if (this.#socket.connecting) this.#socket.destroy();
    else this.#socket.destroySoon();
    using _alarm = setAlarm(() => this.#socket.destroy(), { clock, timeout: GOODBYE });
    await this.#closed.promise;
  }

  get #progress(): LoginProgress {
    const { offer, greeting } = this.#offer;
    return { stage: this.#stage, where: this.where, offer, greeting, wanted: this.#wanted };
  }

  #limitConnecting(): void {
    const { clock } = this.#options;
    const ring = () => this.fail(this.outOfTime(CONNECT_TIMEOUT));
    const alarm = setAlarm(ring, { clock, timeout: CONNECT_TIMEOUT });
    this.#socket.once("connect", () => {
      this.#stage = "handshake";
      alarm[Symbol.dispose]();
    });
    this.#socket.once("close", () => alarm[Symbol.dispose]());
  }

  /** The key, once. @param left what the server accepts next; null before the first answer */
  #nextMethod(left: readonly string[] | null): AnyAuthMethod | false {
    if (left === null) {
      return { type: "publickey", username: this.#target.username, key: this.#options.privateKey };
    }
    this.#wanted = left;
    return false;
  }

  #accepts(hostKey: string): boolean {
    this.hostKey = hostKey;
    const { hostKeys } = this.#target;
    if (hostKeys.length === 0 || hostKeys.includes(hostKey)) return true;
    this.fail(otherHostKey(hostKey, { where: this.where }));
    return false;
  }
}
