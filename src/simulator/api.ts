/**
 * The way of every request through a service: faults before, token check, the handler, faults after. The API files
 * declare routes with `ApiBuilder`; the simulator hands each request to the one of its service.
 */
import { TrieRouter } from "hono/router/trie-router";
import type { Instant } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { type ApiAnswer, ApiRefusal, errorAnswer, type Service, unauthorizedAnswer } from "./answer.ts";
import type { Breakage, Exchange } from "./exchange.ts";
import type { Blow, Fault, FaultBoard, Stage, Subject } from "./fault.ts";
import { quirkyAnswer } from "./quirk_table.ts";
import { sampleSpread } from "./settings.ts";

/** Does what a request asks for; throws a Refusal where the service would refuse. */
export type Handle = (exchange: Exchange, strikes: Strikes) => Outcome | Promise<Outcome>;
type Outcome = ApiAnswer | Breakage;

/** The faults that strike within a handler. */
export type Strikes = <S extends Stage>(stage: S) => Iterable<Strike<S>>;

interface Strike<S extends Stage> {
  readonly blow: Blow;
  readonly strike: NonNullable<Fault[S]>;
}

/** The context that all services share. */
export interface ApiContext {
  readonly clock: Clock;
  readonly faults: FaultBoard;
  /** Aborted when the simulator is disposed of: ends every wait. */
  readonly signal: AbortSignal;
}

interface RouteOptions {
  /** Whether it is answered without a token. */
  open?: boolean;
  /** Whether the handler reads the body itself, piece by piece; else it has been read before anything happens. */
  streamed?: boolean;
}

interface Route extends RouteOptions {
  operation(exchange: Exchange): string;
  handle: Handle;
}

export class ApiBuilder {
  readonly #routes = new TrieRouter<Route>();
  readonly #context: ApiContext;
  readonly #service: Service;
  readonly #check: (exchange: Exchange) => void;

  /** @param check what every request must pass besides the token, or throws a Refusal */
  constructor(service: Service, context: ApiContext, check: (exchange: Exchange) => void = () => {}) {
    this.#service = service;
    this.#context = context;
    this.#check = check;
  }

  /**
   * Declares a route: `GET /servers/:serverId`.
   * @param operation its name, or what finds it in the body
   */
  on(
    route: string,
    operation: string | Route["operation"],
    handle: Handle,
    options: RouteOptions = {},
  ): this {
    const [method, path] = route.split(" ");
    const find = typeof operation === "string" ? () => operation : operation;
    this.#routes.add(method!, path!, { operation: find, handle, ...options });
    return this;
  }

  /** Answers a request, or tells how its connection ends. */
  async answer(exchange: Exchange): Promise<Outcome> {
    const route = this.#find(exchange);
    if (route === null) {
      return this.#decorated(exchange, errorAnswer(exchange.service, new ApiRefusal(404, NOT_FOUND)));
    }
    if (!(await this.#receive(exchange, route)) || !(await this.#waits(exchange))) return "reset";
    const outcome = this.#spoil(exchange, this.#refuse(exchange) ?? await this.#checked(exchange, route));
    if (typeof outcome === "string") return outcome;
    const answer = exchange.cloud.quirks.reduce((sent, quirk) => quirk.answer?.(sent) ?? sent, outcome);
    return this.#decorated(exchange, answer);
  }

  /** The route of a request, whose parts in the path the exchange knows afterwards; null: no route fits. */
  #find(exchange: Exchange): Route | null {
    const { method, path } = exchange.options;
    const [[found]] = this.#routes.match(method === "HEAD" ? "GET" : method, path);
    if (found === undefined) return null;
    const [route, params] = found as [Route, Record<string, string>];
    exchange.params = params;
    return route;
  }

  /** Takes in the request; whether it came whole. */
  async #receive(exchange: Exchange, { operation, streamed = false }: Route): Promise<boolean> {
    const isWhole = streamed || await exchange.readBody();
    exchange.operation = operation(exchange);
    return isWhole;
  }

  /** Lets the request's time pass; whether the simulator is still there then. */
  async #waits(exchange: Exchange): Promise<boolean> {
    const { clock, signal } = this.#context;
    let time = sampleSpread(exchange.cloud.settings.latency, exchange.cloud.random);
    for (const { strike, blow } of this.#strikes(exchange, "wait")) time += strike(blow);
    try {
      if (time > 0) await clock.sleep(time, { signal });
      return true;
    } catch {
      return false;
    }
  }

  #refuse(exchange: Exchange): Outcome | null {
    for (const { strike, blow } of this.#strikes(exchange, "refuse")) {
      const outcome = strike(blow, exchange);
      if (outcome !== null) return worded(exchange, outcome);
    }
    return null;
  }

  /** The service's own work on a request. */
  async #checked(exchange: Exchange, { handle, open = false }: Route): Promise<Outcome> {
    const now = exchange.cloud.now();
    if (!open && exchange.cloud.tokens.find(exchange.header("x-auth-token"), now) === null) {
      return unauthorizedAnswer(this.#service, `${exchange.options.base}/identity/v3`);
    }
    try {
      this.#check(exchange);
      for (const quirk of exchange.cloud.quirks) quirk.request?.(exchange);
      const outcome = await handle(exchange, (stage) => this.#strikes(exchange, stage));
      // What is not refused changes the cloud, unless its handler says otherwise.
      exchange.effect ??= typeof outcome !== "string" && !["GET", "HEAD"].includes(exchange.options.method);
      return quirkyAnswer(outcome, exchange);
    } catch (error) {
      if (error instanceof ApiRefusal) return errorAnswer(exchange.service, error);
      throw error;
    }
  }

  #spoil(exchange: Exchange, outcome: Outcome): Outcome {
    // A fault with the effect has nothing to spoil where there was none.
    if (typeof outcome === "string" || outcome.status >= 400) return outcome;
    let answer = outcome;
    let breakage: Breakage | null = null;
    for (const { strike, blow } of this.#strikes(exchange, "spoil")) {
      const spoilt = worded(exchange, strike(blow, exchange, answer));
      if (typeof spoilt === "string") breakage = spoilt;
      else answer = spoilt;
    }
    return breakage ?? answer;
  }

  *#strikes<S extends Stage>(exchange: Exchange, stage: S): Generator<Strike<S>> {
    const { clock, faults } = this.#context;
    for (const { fault, blow } of faults.draw(stage, subjectOf(exchange), clock.now())) {
      exchange.fault = fault.number;
      yield { blow, strike: fault[stage]! };
    }
  }

  #dateOf(exchange: Exchange): Instant {
    const { clock, faults } = this.#context;
    let date = clock.now();
    // The journal does not tell of them: they strike every answer, and change nothing else.
    for (const { fault, blow } of faults.draw("date", subjectOf(exchange), date)) date += fault.date!(blow);
    return date;
  }

  /** With the headers that every answer of the service has. */
  #decorated(exchange: Exchange, { status, headers, body }: ApiAnswer): ApiAnswer {
    const { requestId, method } = exchange.options;
    const version = `2.${exchange.microversion}`;
    return {
      status,
      headers: {
        ...headers,
        "x-openstack-request-id": requestId,
        date: new Date(this.#dateOf(exchange)).toUTCString(),
        ...(this.#service === "compute"
          ? {
            "openstack-api-version": `compute ${version}`,
            "x-openstack-nova-api-version": version,
            vary: "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
            "x-compute-request-id": requestId,
          }
          : {}),
      },
      body: method === "HEAD" ? null : body,
    };
  }
}

const NOT_FOUND = "The resource could not be found.";

function worded(exchange: Exchange, outcome: Outcome | ApiRefusal): Outcome {
  return outcome instanceof ApiRefusal ? errorAnswer(exchange.service, outcome) : outcome;
}

function subjectOf(exchange: Exchange): Subject {
  return {
    cloud: exchange.cloud.settings.name,
    service: exchange.service,
    operation: exchange.operation,
    get names() {
      return exchange.subjectNames();
    },
  };
}
