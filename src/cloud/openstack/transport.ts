/**
 * One request to one cloud, as the services above mean it: its turn in the rate limit, its deadline, a few more
 * attempts where a repetition is harmless, redirects of GETs (without the token, but to https on the same host), and
 * errors that name what was attempted. Knows neither tokens nor services; `session` does.
 */
import { bulkhead } from "../../lib/bulkhead.ts";
import { backoff } from "../../domain/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import { startDeadline } from "../../lib/deadline.ts";
import type { Random } from "../../lib/random.ts";
import type { RateLimiter, Slot } from "../../lib/rate_limiter.ts";
import { type Milliseconds, SECOND } from "../../domain/time.ts";
import { CloudError } from "../../domain/cloud_error.ts";
import type { CloudStats } from "../../domain/cloud_stats.ts";
import { loggerOf } from "../../lib/logging.ts";
import { waitFor } from "../../lib/in_flight.ts";
import type { Send, SendRequest, SendResponse } from "../../http/send.ts";
import type { ServiceType } from "./catalog.ts";
import { type ClassifiedResponse, classifyResponse, requestIdOf } from "./classify_response.ts";
import type { Outflow, TimeLimit } from "./outflow.ts";
import { purposeOf, type RequestPurpose } from "./operation.ts";

/** The kinds of requests that take turns at one cloud. */
export type RequestTurn = "login" | "list" | "create" | "delete" | "look" | "other";

export interface HttpCall extends SendRequest {
  /** The action attempted: "create server node-12"; every error begins with it. */
  readonly action: string;
  readonly service: ServiceType | "identity";
  readonly turn: RequestTurn;
  /** Whether sending it twice comes to the same; only such calls are repeated. */
  readonly repeatable: boolean;
  /** Statuses besides 2xx that are an answer, not an error. */
  readonly accept?: readonly number[];
  /**
   * The body's own: such a call takes as long as data moves. It waits for its turn to start, but then keeps no place
   * of the limit, and its time is not that of an answer.
   */
  readonly outflow?: Outflow;
  /** Called when the request's turn has come, before each attempt; what it throws is thrown, and nothing is sent. */
  readonly confirm?: () => void;
  readonly signal: AbortSignal;
}

export interface TransportOptions {
  /** The provider's name, for messages. */
  readonly name: string;
  readonly send: Send;
  readonly limiter: RateLimiter<RequestTurn>;
  readonly clock: Clock;
  readonly random: Random;
  /** For one attempt, from its start to the end of its answer; a call with an outflow has that one's deadline. */
  readonly apiTimeout: Milliseconds;
  /** Called at the end of each request but those with a body that takes as long as its data moves. */
  readonly onRequest?: (request: EndedRequest) => void;
  /** The connections of `send`, as it tells of them; left out: it has none. */
  readonly sockets?: Pick<CloudStats, "connections" | "certificates">;
}

/** A request that has its answer, or will have none. */
export interface EndedRequest extends RequestPurpose {
  /** Of the answer; else why there was no answer. */
  readonly status: number | "timeout" | "unavailable";
  /** For its turn. */
  readonly waited: Milliseconds;
  /** From sending it to its end. */
  readonly duration: Milliseconds;
}

const log = loggerOf("cloud");

const MAX_ATTEMPTS = 3;
const FIRST_BACKOFF = 500;
/** A longer Retry-After is left to the pool's next tick. */
const MAX_RETRY_AFTER = 30 * SECOND;
const MAX_REDIRECTS = 5;
/** Of the newest answer, in the mean of their times: about the last 20 count. */
const NEWEST_WEIGHT = 0.1;

type Counts = { -readonly [Count in "requests" | "errors" | "latency" | "lastError"]: CloudStats[Count] };

export class Transport implements AsyncDisposable {
  readonly #options: TransportOptions;
  readonly #stats: Counts = { requests: 0, errors: 0, latency: null, lastError: null };
  readonly #closing = new AbortController();
  readonly #inFlight = new Set<Promise<unknown>>();
  /** Where services want https: by the origin that redirects, the one that it redirects to. */
  readonly #secured = new Map<string, string>();

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** Aborted when it is closed, and with it every call: for those that no single caller's signal may end. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** The provider's. */
  get name(): string {
    return this.#options.name;
  }

  get stats(): CloudStats {
    const { limiter, sockets } = this.#options;
    const { queued, interval: rate, state } = limiter;
    const { connections = [], certificates = [] } = sockets ?? {};
    return { ...this.#stats, queued, rate, limiter: state, connections, certificates };
  }

  /**
   * Sends the call and gives its answer: a 2xx, or a status the call accepts.
   * @throws CloudError; the signal's reason when the caller aborted
   */
  async request(call: HttpCall): Promise<SendResponse> {
    const answer = this.#requestRepeatedly({
      ...call,
      signal: AbortSignal.any([call.signal, this.closing]),
    });
    this.#inFlight.add(answer);
    try {
      return await answer;
    } finally {
      this.#inFlight.delete(answer);
    }
  }

  /** A `CloudError` whose message starts with the action and the cloud; counted for the status page. */
  refuse(
    call: { action: string },
    refusal: { kind: CloudError["kind"]; message: string } & ConstructorParameters<typeof CloudError>[2],
  ): CloudError {
    const message = `${call.action} on ${this.#options.name}: ${refusal.message}`;
    const error = new CloudError(refusal.kind, message, refusal);
    this.#stats.errors++;
    this.#stats.lastError = { at: this.#options.clock.now(), message };
    return error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new DOMException(`the client of ${this.#options.name} was closed`, "AbortError"));
    await Promise.allSettled(this.#inFlight);
  }

  async #requestRepeatedly(call: HttpCall): Promise<SendResponse> {
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#attempt(call);
      } catch (error) {
        const pause = this.#pauseBeforeRetry({ call, error, attempt });
        if (pause === null) throw error;
        const { clock, name } = this.#options;
        const on = `the pause before another attempt: ${call.action} on ${name}`;
        await waitFor(on, () => clock.sleep(pause, { signal: call.signal }));
      }
    }
  }

  async #attempt(call: HttpCall): Promise<SendResponse> {
    const { limiter, clock } = this.#options;
    const queuedAt = clock.monotonic();
    using slot = await limiter.take(call.turn, { signal: call.signal, part: call.service });
    if (call.outflow !== undefined) slot[Symbol.dispose]();
    call.confirm?.();
    const response = await this.#measured(call, clock.monotonic() - queuedAt);
    if (isAnswer(call, response.status)) {
      slot.speedUp();
      return response;
    }
    const refusal = classifyResponse(response, { service: call.service, now: clock.wall() });
    adaptRate(slot, { status: response.status, refusal });
    throw this.refuse(call, {
      ...refusal,
      effect: effectOf(call, refusal.effect),
      message: explain(refusal, call, response),
      status: response.status,
    });
  }

  /** @param waited for its turn */
  async #measured(call: HttpCall, waited: Milliseconds): Promise<SendResponse> {
    const startedAt = this.#options.clock.monotonic();
    const note = (status: EndedRequest["status"], requestId: string | null = null) => {
      const duration = this.#options.clock.monotonic() - startedAt;
      this.#note(call, { status, waited, duration }, requestId ?? undefined);
    };
    try {
      const response = await this.#exchange(call);
      note(response.status, requestIdOf(response.headers));
      return response;
    } catch (error) {
      if (error instanceof CloudError) note(error.kind === "timeout" ? "timeout" : "unavailable");
      throw error;
    }
  }

  #note(call: HttpCall, end: Omit<EndedRequest, keyof RequestPurpose>, requestId: string | undefined): void {
    const { action, method, url, outflow } = call;
    log.debug("{action} on {provider}: {method} {path}: {status} in {ms} ms", {
      action,
      provider: this.name,
      method,
      path: new URL(url).pathname,
      status: end.status,
      ms: Math.round(end.duration),
      requestId,
    });
    if (outflow !== undefined) return;
    const before = this.#stats.latency ?? end.duration;
    if (typeof end.status === "number") {
      this.#stats.latency = before + (end.duration - before) * NEWEST_WEIGHT;
    }
    const request = { ...purposeOf(call), ...end };
    bulkhead("a listener for the requests to a cloud", () => this.#options.onRequest?.(request));
  }

  async #exchange(call: HttpCall): Promise<SendResponse> {
    const { clock, name } = this.#options;
    const { timeLeft, explain } = call.outflow?.startTimeLimit() ?? this.#answerLimit();
    using deadline = startDeadline({ clock, timeout: timeLeft, signal: call.signal });
    try {
      const send = () => this.#sendAndFollow(call, deadline.signal);
      return await waitFor(`a response: ${call.action} on ${name}`, send);
    } catch (error) {
      if (call.signal.aborted) throw call.signal.reason;
      const failure = deadline.passed
        ? new CloudError("timeout", explain(), { cause: error })
        : error instanceof CloudError
        ? error
        : new CloudError("unavailable", String(error), { cause: error });
      const { kind, message, effect, cause } = failure;
      throw this.refuse(call, { kind, message, effect: effectOf(call, effect), cause });
    }
  }

  #answerLimit(): TimeLimit {
    const { clock, apiTimeout } = this.#options;
    const end = clock.monotonic() + apiTimeout;
    return {
      timeLeft: () => end - clock.monotonic(),
      explain: () => `no response within ${apiTimeout / SECOND} s`,
    };
  }

  /** @returns a redirect where it leads to somewhere that wants the token, which is not sent there */
  async #sendAndFollow(call: HttpCall, signal: AbortSignal): Promise<SendResponse> {
    const { method, headers, body } = call;
    let request: SendRequest = { method, url: this.#whereNow(call.url), headers, body };
    let leaving: SendResponse | null = null;
    for (let redirects = 0;; redirects++) {
      this.#stats.requests++;
      const response = await this.#options.send(request, { signal });
      if (response.status === 401 && leaving !== null) return leaving;
      const target = redirectOf(request, response);
      if (target === null || redirects === MAX_REDIRECTS) return response;
      const from = new URL(request.url);
      if (isSecuring(from, target)) this.#secured.set(from.origin, target.origin);
      request = { ...request, url: target.href };
      if ("x-auth-token" in request.headers && !mayKnowToken(from, target)) {
        const { "x-auth-token": _token, ...others } = request.headers;
        request = { ...request, headers: others };
        leaving = response;
      }
    }
  }

  #whereNow(url: string): string {
    const { origin, pathname, search } = new URL(url);
    return `${this.#secured.get(origin) ?? origin}${pathname}${search}`;
  }

  #pauseBeforeRetry(failed: { call: HttpCall; error: unknown; attempt: number }): Milliseconds | null {
    const { call, error, attempt } = failed;
    if (!call.repeatable || attempt >= MAX_ATTEMPTS || !isPassing(error)) return null;
    const retryAfter = error.retryAfter ?? 0;
    if (retryAfter > MAX_RETRY_AFTER) return null;
    const { random: jitter } = this.#options;
    const pause = backoff({ failures: attempt, base: FIRST_BACKOFF, max: MAX_RETRY_AFTER, jitter });
    return Math.max(retryAfter, pause);
  }
}

/** Broken connections, 429 and 502 to 504: what another attempt can mend. 500 is the service's own failure. */
function isPassing(error: unknown): error is CloudError {
  if (!(error instanceof CloudError)) return false;
  if (error.kind === "rateLimited") return true;
  return error.kind === "unavailable" &&
    (error.status === null || (error.status >= 502 && error.status <= 504));
}

function isAnswer(call: HttpCall, status: number): boolean {
  return (status >= 200 && status < 300) || (call.accept?.includes(status) ?? false);
}

/** Reading changes nothing, and neither does a login. @param effect of a request that changes something */
function effectOf({ method, service }: HttpCall, effect: CloudError["effect"]): CloudError["effect"] {
  return method === "GET" || service === "identity" ? "none" : effect;
}

function adaptRate(slot: Slot, { status, refusal }: { status: number; refusal: ClassifiedResponse }): void {
  if (refusal.kind === "rateLimited" || status === 503) slot.slowDown(refusal);
  else if (status < 500) slot.speedUp();
}

function redirectOf({ method, url }: SendRequest, { status, headers }: SendResponse): URL | null {
  if (method !== "GET" || !isRedirect(status)) return null;
  return URL.canParse(headers.location ?? "", url) ? new URL(headers.location!, url) : null;
}

/** The token is for the origin it was meant for, and for the same host where only https is asked for. */
function mayKnowToken(from: URL, target: URL): boolean {
  return from.origin === target.origin || isUpgrade(from, target);
}

/** Whether nothing but https is asked for: then all that the origin has is there. */
function isSecuring(from: URL, target: URL): boolean {
  return isUpgrade(from, target) && from.pathname === target.pathname && from.search === target.search;
}

function isUpgrade(from: URL, target: URL): boolean {
  return from.hostname === target.hostname && from.protocol === "http:" && target.protocol === "https:";
}

const ADVICE: Partial<Record<CloudError["kind"], string>> = {
  unauthorized: "check the roles of the cloud's user in its project",
  quota: "launches resume when there is room; or raise the quota or lower max-servers",
};

function explain(refusal: ClassifiedResponse, { service }: HttpCall, { status }: SendResponse): string {
  // A login tells its own.
  const advice = service === "identity" || status === 401 || status === 402
    ? undefined
    : isRedirect(status)
    ? `correct the ${service} endpoint in the cloud's catalog, or set ${service}_endpoint_override`
    : ADVICE[refusal.kind];
  const id = refusal.requestId === null ? "" : `, ${refusal.requestId}`;
  return `${refusal.message} (HTTP ${status}${id})${advice === undefined ? "" : `; ${advice}`}`;
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}
