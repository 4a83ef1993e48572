/**
 * One request to one member of etcd, once, in its time; and how far its clock is ahead, by the answers. `etcd_members`
 * and `etcd_login` send so.
 */
import type * as v from "valibot";
import { CloudError } from "../domain/cloud_error.ts";
import type { Send, SendResponse } from "../http/send.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { startDeadline } from "../lib/deadline.ts";
import { classifyAnswer, type EtcdVerdict } from "./classify_answer.ts";

export interface EtcdQuestion<S extends v.GenericSchema = v.GenericSchema> {
  /** Below `/v3/`. */
  readonly path: string;
  readonly body: unknown;
  /** Of the answer. */
  readonly schema: S;
  /** "read keys", for messages. */
  readonly what: string;
  /** Milliseconds that a member has for its answer. */
  readonly timeout: number;
  /** Whether being done twice does no harm. */
  readonly repeatable: boolean;
}

/** `answered`: whether it is the member's word, not the connection's. */
export type EtcdReply = EtcdVerdict & { readonly body: unknown; readonly answered: boolean };

/** An answer that took longer says too little about the time it was sent at; in milliseconds. */
const PROMPT = 500;

/** etcd tells whole seconds, cut off. */
const HALF_SECOND = 500;

export class EtcdLine {
  readonly clock: Clock;
  readonly #send: Send;
  readonly #hasUser: boolean;
  #clockAhead: number | null = null;

  constructor({ send, clock, hasUser }: { send: Send; clock: Clock; hasUser: boolean }) {
    this.#send = send;
    this.#hasUser = hasUser;
    this.clock = clock;
  }

  /** Milliseconds; null: no member has answered yet. */
  get clockAhead(): number | null {
    return this.#clockAhead;
  }

  /** @throws the signal's reason */
  async send(
    endpoint: string,
    question: EtcdQuestion,
    { token, signal }: Call & { token: string | null },
  ): Promise<EtcdReply> {
    const sentAt = this.clock.monotonic();
    using deadline = startDeadline({ clock: this.clock, timeout: question.timeout, signal });
    const headers = {
      "content-type": "application/json",
      // Without a majority a member says so at once, where it would let us wait in vain otherwise.
      "grpc-metadata-hasleader": "true",
      ...(token !== null && { authorization: token }),
    };
    try {
      const request = {
        method: "POST",
        url: `${endpoint}/v3/${question.path}`,
        headers,
        body: JSON.stringify(question.body),
      } as const;
      const response = await this.#send(request, { signal: deadline.signal });
      this.#compareClocks(response, sentAt);
      const body = readJson(response);
      const verdict = classifyAnswer({ status: response.status, body }, { hasUser: this.#hasUser });
      return { ...verdict, body, answered: true };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CloudError)) throw error;
      const is = error.effect === "none" ? "elsewhere" : "unknown";
      return { is, message: error.message, body: undefined, answered: false };
    }
  }

  #compareClocks({ headers }: SendResponse, sentAt: number): void {
    const date = Date.parse(headers.date ?? "");
    if (Number.isNaN(date) || this.clock.monotonic() - sentAt > PROMPT) return;
    this.#clockAhead = date + HALF_SECOND - this.clock.wall();
  }
}

/** undefined: it is none. */
function readJson({ body }: SendResponse): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
