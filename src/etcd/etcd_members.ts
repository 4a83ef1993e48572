/**
 * Asking etcd: the member that answered last, and the next one where it does not. What certainly was not done is asked
 * of the next; what may have been done is asked again only where doing it twice does no harm, else it is `lost`. While
 * members answer that they have no leader, which takes a second or two after each loss of one, they are asked again.
 * `etcd_gateway` uses it.
 */
import type * as v from "valibot";
import type { Call } from "../lib/call.ts";
import { fittingAnswer } from "../lib/parse_answer.ts";
import { EtcdError } from "./etcd.ts";
import { type EtcdLine, type EtcdQuestion, type EtcdReply } from "./etcd_line.ts";
import { EtcdLogin } from "./etcd_login.ts";

interface EtcdMembersOptions {
  readonly endpoints: readonly string[];
  readonly line: EtcdLine;
  readonly login: EtcdLogin;
}

/** Milliseconds that members without a leader are asked again for, and between two rounds. */
const PATIENCE = 5_000;
const PAUSE = 200;

/** Logins for one request: a token may end meanwhile. */
const MOST_LOGINS = 2;

/** Why a member did not do it; it certainly did not, or may do it twice. */
interface Miss {
  readonly message: string;
  readonly answered: boolean;
}

type Attempt<Result> = { readonly result: Result } | { readonly miss: Miss };

export class EtcdMembers {
  readonly #options: EtcdMembersOptions;
  /** Index of the one to ask first. */
  #current = 0;

  constructor(options: EtcdMembersOptions) {
    this.#options = options;
  }

  /** @throws EtcdError; the signal's reason */
  async ask<S extends v.GenericSchema>(question: EtcdQuestion<S>, call: Call): Promise<v.InferOutput<S>> {
    const { clock } = this.#options.line;
    const until = clock.monotonic() + PATIENCE;
    for (;;) {
      const round = await this.#askEach(question, call);
      if ("result" in round) return round.result;
      const someAnswered = round.misses.some(({ answered }) => answered);
      if (!someAnswered || clock.monotonic() > until) throw unreachable(question, round.misses);
      await clock.sleep(PAUSE, call);
    }
  }

  /** Asks that member alone. @throws as `ask` */
  async askOne<S extends v.GenericSchema>(
    endpoint: string,
    question: EtcdQuestion<S>,
    call: Call,
  ): Promise<v.InferOutput<S>> {
    const attempt = await this.#attempt(endpoint, question, call);
    if ("result" in attempt) return attempt.result;
    throw new EtcdError("unreachable", attempt.miss.message);
  }

  async #askEach<S extends v.GenericSchema>(
    question: EtcdQuestion<S>,
    call: Call,
  ): Promise<{ readonly result: v.InferOutput<S> } | { readonly misses: readonly Miss[] }> {
    const { endpoints } = this.#options;
    const misses: Miss[] = [];
    const first = this.#current;
    for (let tried = 0; tried < endpoints.length; tried++) {
      const index = (first + tried) % endpoints.length;
      try {
        const attempt = await this.#attempt(endpoints[index]!, question, call);
        if ("result" in attempt) return attempt;
        misses.push(attempt.miss);
        this.#leave(index);
      } catch (error) {
        // Who had no more time for it must not meet it first again.
        if (call.signal.aborted || (error instanceof EtcdError && error.kind === "lost")) this.#leave(index);
        throw error;
      }
    }
    return { misses };
  }

  /** Several callers may find at once that it does not answer. */
  #leave(index: number): void {
    if (this.#current === index) this.#current = (index + 1) % this.#options.endpoints.length;
  }

  async #attempt<S extends v.GenericSchema>(
    endpoint: string,
    question: EtcdQuestion<S>,
    call: Call,
  ): Promise<Attempt<v.InferOutput<S>>> {
    const { line, login } = this.#options;
    for (let logins = 0;; logins++) {
      const entry = await login.enter(endpoint, call);
      if ("miss" in entry && question.alone !== true) {
        return concluded(entry.miss, { endpoint, question: login.question });
      }
      const token = "miss" in entry ? null : entry.token;
      const reply = await line.send(endpoint, question, { token, signal: call.signal });
      login.note(entry, reply);
      if (reply.is !== "login" || logins === MOST_LOGINS) return concluded(reply, { endpoint, question });
      login.forget(entry);
    }
  }
}

function concluded<S extends v.GenericSchema>(
  reply: EtcdReply,
  { endpoint, question }: { endpoint: string; question: EtcdQuestion<S> },
): Attempt<v.InferOutput<S>> {
  const { host } = new URL(endpoint);
  const { what, schema, repeatable } = question;
  const refusal = (message: string) => `etcd at ${host} refuses to ${what}: ${message}`;
  // A proxy, say, that answers in place of an etcd which may be at work.
  const strange = (message: string) => new EtcdError(repeatable ? "refused" : "lost", refusal(message));
  switch (reply.is) {
    case "done":
      return { result: fittingAnswer(schema, reply.body, strange) };
    case "strange":
      throw strange(reply.message);
    case "refused":
      throw new EtcdError(reply.kind, refusal(reply.message));
    case "unknown":
      if (repeatable) break;
      throw new EtcdError(
        "lost",
        `etcd was asked to ${what}; whether it did is not known (${said(reply, host)})`,
      );
    case "login":
    case "withoutLogin":
      throw new EtcdError("unauthorized", refusal(reply.message));
  }
  return { miss: { message: said(reply, host), answered: reply.answered } };
}

/** The messages of connections name their host already. */
function said({ message, answered }: { message: string; answered: boolean }, host: string): string {
  return answered ? `${host}: ${message}` : message;
}

function unreachable({ what }: { what: string }, misses: readonly Miss[]): EtcdError {
  const some = misses.some(({ answered }) => answered);
  const why = some
    ? "its members have no majority; start or connect the others"
    : "no member answers; check that they run, and their addresses";
  // The member that is asked first changes: the same trouble has the same words all the same.
  const messages = [...new Set(misses.map(({ message }) => message))].toSorted().join("; ");
  return new EtcdError("unreachable", `cannot ask etcd to ${what}: ${why} (${messages})`);
}
