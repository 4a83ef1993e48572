/**
 * The token that a user's requests carry: fetched once for all callers, again when etcd does not take it any more (it
 * forgets each after five minutes without use), or does not answer requests that carry it. `etcd_members` logs in with
 * it. No message contains the password.
 */
import type { EtcdConfig } from "../domain/etcd_config.ts";
import type { Call } from "../lib/call.ts";
import { orAborted } from "../lib/or_aborted.ts";
import { fittingAnswer } from "../lib/parse_answer.ts";
import { EtcdError } from "./etcd.ts";
import type { EtcdLine, EtcdQuestion, EtcdReply } from "./etcd_line.ts";
import { tokenSchema } from "./etcd_wire.ts";

/** Milliseconds: etcd makes the check of a password slow on purpose. */
const TIMEOUT = 3_000;

/**
 * Milliseconds without an answer, after which a token is given up. A member waits until it has applied what made the token,
 * and so for ever where etcd was restored from a snapshot since: it counts from the start again then.
 */
const SILENCE = 5_000;

/** `token` null: it asks for none. `heardAt`: when a member last answered what carried it, by the monotonic clock. */
interface Pass {
  readonly token: string | null;
  heardAt: number;
}
type Entry = Pass | { readonly miss: EtcdReply };

export type EtcdCredentials = Pick<EtcdConfig, "user" | "password">;

interface EtcdLoginOptions {
  readonly line: EtcdLine;
  /** null: etcd asks for no user. */
  readonly user: string | null;
  /** As they are now: asked for at each login, since a password is changed while daemons run. Does not throw. */
  readonly credentials: () => Promise<EtcdCredentials>;
}

const NO_USER: Pass = { token: null, heardAt: 0 };

export class EtcdLogin {
  /** As it stands in messages, without what is secret. */
  readonly question: EtcdQuestion;
  readonly #line: EtcdLine;
  readonly #user: string | null;
  readonly #credentials: () => Promise<EtcdCredentials>;
  #entry: Pass | null = null;
  /** By the member that is asked: one that is silent holds up nobody who asks another. */
  readonly #asking = new Map<string, Promise<Entry>>();

  constructor({ line, user, credentials }: EtcdLoginOptions) {
    this.#line = line;
    this.#user = user;
    this.#credentials = credentials;
    this.question = {
      path: "auth/authenticate",
      body: {},
      schema: tokenSchema,
      what: `log in ${user}`,
      timeout: TIMEOUT,
      repeatable: true,
    };
  }

  /** `miss`: why that member gave none. @throws the signal's reason */
  async enter(endpoint: string, { signal }: Call): Promise<Entry> {
    if (this.#user === null) return NO_USER;
    if (this.#entry !== null) return this.#entry;
    signal.throwIfAborted();
    const asking = this.#asking.get(endpoint) ?? this.#logIn(endpoint);
    this.#asking.set(endpoint, asking);
    return await orAborted(asking, signal);
  }

  /** Whether a request that carried it was answered. */
  note(entry: Entry, { answered }: Pick<EtcdReply, "answered">): void {
    if ("miss" in entry || entry.token === null) return;
    const now = this.#line.clock.monotonic();
    if (answered) entry.heardAt = now;
    else if (now - entry.heardAt > SILENCE) this.forget(entry);
  }

  /** That it is no longer taken; another caller may have a new one already. */
  forget(entry: Entry): void {
    if (this.#entry === entry) this.#entry = null;
  }

  async #logIn(endpoint: string): Promise<Entry> {
    try {
      const { signal } = new AbortController();
      const { user: name, password } = await this.#credentials();
      const question = { ...this.question, body: { name, password: password ?? "" } };
      const reply = await this.#line.send(endpoint, question, { token: null, signal });
      // An etcd without users takes everybody.
      if (reply.is === "withoutLogin") return this.#entry = this.#passOf(null);
      if (reply.is !== "done") return { miss: reply };
      const refuse = (message: string) => new EtcdError("refused", message);
      return this.#entry = this.#passOf(fittingAnswer(tokenSchema, reply.body, refuse).token);
    } finally {
      this.#asking.delete(endpoint);
    }
  }

  #passOf(token: string | null): Pass {
    return { token, heardAt: this.#line.clock.monotonic() };
  }
}
