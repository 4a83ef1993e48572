/**
 * One request to one Jenkins: its turn in the rate, its deadline, who asks, the crumb of a POST, and errors that name
 * what was attempted. Nothing is repeated but a POST whose crumb was refused, which Jenkins does before anything else.
 * No redirect is followed. `jenkins_target` calls it.
 */
import { Buffer } from "node:buffer";
import { CloudError } from "../../domain/cloud_error.ts";
import type { Send, SendRequest, SendResponse } from "../../http/send.ts";
import { type Milliseconds, SECOND } from "../../domain/time.ts";
import type { Clock } from "../../lib/clock.ts";
import { startDeadline } from "../../lib/deadline.ts";
import { orAborted } from "../../lib/or_aborted.ts";
import { RateLimiter } from "../../lib/rate_limiter.ts";
import { TargetError, type TargetErrorKind } from "../target_error.ts";
import { type Crumb, readCrumb } from "./crumb.ts";
import { describeRefusal, isCrumbRefused } from "./describe_refusal.ts";

export interface JenkinsClientOptions {
  /** The target's name, for messages. */
  readonly name: string;
  /** Jenkins' address, with its path where it has one. */
  readonly url: string;
  /** Who asks, with an API key or a password; null: nobody in particular. */
  readonly user: string | null;
  readonly apiKey: string | null;
  /** Not closed with the client: the caller that made it disposes of it. */
  readonly send: Send;
  readonly clock: Clock;
  /** From the start of one request to the start of the next; 0: no limit. */
  readonly rate: Milliseconds;
  /** For one request, from its start to the end of its answer. */
  readonly timeout: Milliseconds;
}

export interface JenkinsCall {
  /** The action attempted: "create agent node-12"; every error begins with it. */
  readonly action: string;
  readonly method: "GET" | "POST";
  /** Below Jenkins' address, encoded: `/computer/api/json`. */
  readonly path: string;
  readonly body?: { readonly type: string; readonly text: string };
  /** Statuses besides 200 that are an answer, not an error. */
  readonly accept?: readonly number[];
  /** The meaning of a 404. */
  readonly missing: string;
  readonly signal: AbortSignal;
}

/** Enough to hide one slow answer; Jenkins creates agents one after the other in any case. */
const MAX_CONCURRENCY = 4;
/** Shorter secrets than this are words of a message by chance. */
const MIN_SECRET = 4;

export class JenkinsClient implements AsyncDisposable {
  readonly #options: JenkinsClientOptions;
  readonly #base: string;
  readonly #limiter: RateLimiter<"read" | "write">;
  /** The one in force, or the request for it; null: none has been asked for, or the last was refused. */
  #crumb: Promise<Crumb> | null = null;
  readonly #closing = new AbortController();
  readonly #inFlight = new Set<Promise<unknown>>();

  constructor(options: JenkinsClientOptions) {
    this.#options = options;
    const { origin, pathname } = new URL(options.url);
    this.#base = origin + pathname.replace(/\/+$/, "");
    this.#limiter = new RateLimiter({ ...options, maxConcurrency: MAX_CONCURRENCY });
  }

  /**
   * Sends the call and gives its answer: a 200, or a status the call accepts.
   * @throws TargetError; the signal's reason when the caller aborted
   */
  async request(call: JenkinsCall): Promise<SendResponse> {
    const signal = AbortSignal.any([call.signal, this.#closing.signal]);
    const answer = this.#attempt({ ...call, signal });
    this.#inFlight.add(answer);
    try {
      return await answer;
    } finally {
      this.#inFlight.delete(answer);
    }
  }

  /** The error of an answer that cannot be used. */
  refuse(
    call: Pick<JenkinsCall, "action">,
    refusal: { kind: TargetErrorKind; problem: string; status?: number; cause?: unknown },
  ): TargetError {
    const action = `${call.action} on target ${this.#options.name}`;
    return new TargetError(refusal.kind, this.#hideSecrets(refusal.problem), { ...refusal, action });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new DOMException(`target ${this.#options.name} was closed`, "AbortError"));
    await Promise.allSettled(this.#inFlight);
  }

  async #attempt(call: JenkinsCall): Promise<SendResponse> {
    const response = call.method === "GET" ? await this.#send(call) : await this.#sendWithCrumb(call);
    if (response.status === 200 || call.accept?.includes(response.status)) return response;
    const refusal = describeRefusal(response, { ...this.#options, missing: call.missing });
    throw this.refuse(call, { ...refusal, status: response.status });
  }

  async #sendWithCrumb(call: JenkinsCall): Promise<SendResponse> {
    const crumb = this.#getCrumb();
    const response = await this.#send(call, await orAborted(crumb, call.signal));
    if (!isCrumbRefused(response)) return response;
    this.#forget(crumb);
    return await this.#send(call, await orAborted(this.#getCrumb(), call.signal));
  }

  /** Asks once, however many calls wait for it; no single caller's signal ends that. */
  #getCrumb(): Promise<Crumb> {
    const crumb = this.#crumb ??= this.#askForCrumb();
    crumb.catch(() => this.#forget(crumb));
    return crumb;
  }

  /** One that came later stays. */
  #forget(crumb: Promise<Crumb>): void {
    if (this.#crumb === crumb) this.#crumb = null;
  }

  async #send(call: JenkinsCall, crumb?: Crumb): Promise<SendResponse> {
    const { clock, timeout, send } = this.#options;
    using _slot = await this.#limiter.take(call.method === "GET" ? "read" : "write", call);
    using deadline = startDeadline({ clock, timeout, signal: call.signal });
    try {
      return await send(this.#toRequest(call, crumb), { signal: deadline.signal });
    } catch (error) {
      call.signal.throwIfAborted();
      throw this.#describeFailure(call, deadline.passed ? "timeout" : error);
    }
  }

  #toRequest({ method, path, body }: JenkinsCall, crumb?: Crumb): SendRequest {
    const { user } = this.#options;
    return {
      method,
      url: this.#base + path,
      headers: {
        // Jenkins answers in the reader's language, and in its machine's where none is told.
        "accept-language": "en",
        ...(user !== null && { authorization: `Basic ${this.#credentials()}` }),
        ...(body !== undefined && { "content-type": body.type }),
        ...crumb,
      },
      body: body?.text,
    };
  }

  #credentials(): string {
    const { user, apiKey } = this.#options;
    return Buffer.from(`${user}:${apiKey ?? ""}`, "utf8").toString("base64");
  }

  #describeFailure(call: JenkinsCall, error: unknown): TargetError {
    const refusal = (kind: TargetErrorKind, what: string, cause?: unknown) =>
      this.refuse(call, { kind, problem: `${what} (url ${this.#base})`, cause });
    if (error === "timeout") {
      return refusal("timeout", `no response within ${this.#options.timeout / SECOND} s`);
    }
    if (!(error instanceof CloudError)) return refusal("unavailable", "the request failed", error);
    const kind = error.kind === "badResponse" ? "badResponse" : "unavailable";
    return refusal(kind, error.message, error);
  }

  async #askForCrumb(): Promise<Crumb> {
    const call: JenkinsCall = {
      action: "ask for a crumb",
      method: "GET",
      path: "/crumbIssuer/api/json",
      accept: [404],
      missing: "there is no crumb issuer",
      signal: this.#closing.signal,
    };
    const response = await this.request(call);
    return readCrumb(response, (problem) => this.refuse(call, { kind: "badResponse", problem }));
  }

  /** A proxy's page may repeat what was sent to it. */
  #hideSecrets(text: string): string {
    const { user, apiKey } = this.#options;
    const secrets = [apiKey ?? "", user === null ? "" : this.#credentials()];
    return secrets
      .filter((secret) => secret.length >= MIN_SECRET)
      .reduce((hidden, secret) => hidden.replaceAll(secret, "***"), text);
  }
}
