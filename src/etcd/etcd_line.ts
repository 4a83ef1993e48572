/**
 * One request to one member of etcd, once, in its time; and how far its clock is ahead, by the answers. `etcd_members`
 * and `etcd_login` use it.
 */
import type * as v from "valibot";
import { CloudError } from "../domain/cloud_error.ts";
import type { Send, SendResponse } from "../http/send.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { startDeadline } from "../lib/deadline.ts";
import { parseUtc } from "../domain/parse_utc.ts";
import { classifyAnswer, type EtcdVerdict, type EtcdVisitor } from "./classify_answer.ts";

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
  /** Whether a member without a majority answers, too. Left out: false. */
  readonly alone?: boolean;
}

interface EtcdLineOptions {
  readonly send: Send;
  readonly clock: Clock;
  readonly visitor: EtcdVisitor;
  /** Whether there is a certificate of our own to show. */
  readonly hasCertificate: boolean;
}

/** `answered`: whether it is the member's word, not the connection's. */
export type EtcdReply = EtcdVerdict & { readonly body: unknown; readonly answered: boolean };

/** An answer that took longer says too little about the time it was sent at; in milliseconds. */
const PROMPT = 500;

/** etcd tells whole seconds, cut off. */
const HALF_SECOND = 500;

export class EtcdLine {
  readonly #options: EtcdLineOptions;
  #clockAhead: number | null = null;

  constructor(options: EtcdLineOptions) {
    this.#options = options;
  }

  get clock(): Clock {
    return this.#options.clock;
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
      // Without a majority a member says so at once, where it would otherwise let us wait for nothing.
      ...(question.alone !== true && { "grpc-metadata-hasleader": "true" }),
      ...(token !== null && { authorization: token }),
    };
    try {
      const request = {
        method: "POST",
        url: `${endpoint}/v3/${question.path}`,
        headers,
        body: JSON.stringify(question.body),
      } as const;
      const response = await this.#options.send(request, { signal: deadline.signal });
      this.#compareClocks(response, sentAt);
      const body = readJson(response);
      const verdict = classifyAnswer({ status: response.status, body }, this.#options.visitor);
      return { ...verdict, body, answered: true };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CloudError)) throw error;
      const is = error.effect === "none" ? "elsewhere" : "unknown";
      return { is, message: error.message + this.#advice(endpoint, error), body: undefined, answered: false };
    }
  }

  /** For a connection that breaks, where none has been of use yet. */
  #advice(endpoint: string, { kind, effect }: CloudError): string {
    if (kind !== "unavailable" || effect === "none" || this.#clockAhead !== null) return "";
    if (endpoint.startsWith("http:")) return "; if it speaks TLS, write https:// in its address";
    const certificate = this.#options.hasCertificate
      ? "if it refuses etcd.cert, its log says why"
      : "if it asks for a certificate, set etcd.cert and etcd.key";
    return `; ${certificate}; if it does not speak TLS, write http:// in its address`;
  }

  #compareClocks({ headers }: SendResponse, sentAt: number): void {
    const date = parseUtc(headers.date);
    if (date === null || this.clock.monotonic() - sentAt > PROMPT) return;
    this.#clockAhead = date + HALF_SECOND - this.clock.wall();
  }
}

/** As text where it is something else. */
function readJson({ body }: SendResponse): unknown {
  const text = new TextDecoder().decode(body);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
