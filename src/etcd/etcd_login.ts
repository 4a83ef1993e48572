/**
 * The token that a user's requests carry: fetched once for all callers, again when etcd does not take it any more (it
 * forgets each after five minutes without use). `etcd_members` enters so. The password stands in no message.
 */
import type { Call } from "../lib/call.ts";
import { orAborted } from "../lib/or_aborted.ts";
import { fittingAnswer } from "../lib/parse_answer.ts";
import { EtcdError } from "./etcd.ts";
import type { EtcdLine, EtcdQuestion, EtcdReply } from "./etcd_line.ts";
import { tokenSchema } from "./etcd_wire.ts";

/** Milliseconds: etcd makes the check of a password slow on purpose. */
const TIMEOUT = 3_000;

/** `token` null: it asks for none. */
type Entry = { readonly token: string | null } | { readonly miss: EtcdReply };

const NO_USER: Entry = { token: null };

export class EtcdLogin {
  readonly question: EtcdQuestion;
  readonly #line: EtcdLine;
  readonly #user: string | null;
  #entry: Promise<Entry> | null = null;

  constructor({ line, user, password }: { line: EtcdLine; user: string | null; password: string | null }) {
    this.#line = line;
    this.#user = user;
    this.question = {
      path: "auth/authenticate",
      body: { name: user, password: password ?? "" },
      schema: tokenSchema,
      what: `log in ${user}`,
      timeout: TIMEOUT,
      repeatable: true,
    };
  }

  /** `miss`: why that member gave none. @throws the signal's reason */
  async enter(endpoint: string, { signal }: Call): Promise<Entry> {
    if (this.#user === null) return NO_USER;
    return await orAborted(this.#entry ??= this.#logIn(endpoint), signal);
  }

  /** That it is no longer taken; another caller may have a new one already. */
  forget(entry: Entry): void {
    if (this.#last === entry) this.#entry = null;
  }

  #last: Entry | null = null;

  async #logIn(endpoint: string): Promise<Entry> {
    this.#last = null;
    const { signal } = new AbortController();
    const reply = await this.#line.send(endpoint, this.question, { token: null, signal });
    return this.#last = this.#read(reply);
  }

  #read(reply: EtcdReply): Entry {
    // Whoever has no users takes everybody.
    if (reply.is === "withoutLogin") return { token: null };
    if (reply.is === "done") {
      return fittingAnswer(tokenSchema, reply.body, (message) => new EtcdError("refused", message));
    }
    this.#entry = null;
    return { miss: reply };
  }
}
