/**
 * The way of every request through a service: faults before, token check, the handler, faults after. The API files
 * declare routes with `ApiBuilder`; the simulator calls the Hono app that comes of it.
 */
import { type Context, Hono } from "hono";
import type { Clock } from "../lib/clock.ts";
import { errorAnswer, type Service, unauthorizedAnswer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import type { Blow, Fault, Stage } from "./fault.ts";
import type { FaultBoard, Subject } from "./fault_board.ts";
import { Refusal } from "./refusal.ts";
import { sampleSpread } from "./spread.ts";

export type Api = Hono<{ Bindings: { exchange: Exchange } }>;
export type Handle = (exchange: Exchange, strikes: Strikes) => Response;

/** The faults that strike within a handler. */
export type Strikes = <S extends Stage>(
  stage: S,
) => Iterable<{ blow: Blow; strike: NonNullable<Fault[S]>; fault: Fault }>;

/** What all services share. */
export interface ApiContext {
  readonly clock: Clock;
  readonly faults: FaultBoard;
  /** Aborted when the simulator is disposed of: ends every wait. */
  readonly signal: AbortSignal;
}

interface RouteOptions {
  /** Whether it is answered without a token. */
  open?: boolean;
}

export class ApiBuilder {
  readonly app: Api = new Hono({ getPath: (_request, options) => pathOf(options) });
  readonly #context: ApiContext;
  readonly #service: Service;
  readonly #check: (exchange: Exchange) => void;

  /** @param check what every request must pass besides the token, or throws a Refusal */
  constructor(service: Service, context: ApiContext, check: (exchange: Exchange) => void = () => {}) {
    this.#service = service;
    this.#context = context;
    this.#check = check;
    this.app.notFound((c) =>
      this.#decorated(c.env.exchange, refused(c.env.exchange, new Refusal(404, NOT_FOUND)))
    );
  }

  /** Declares a route: `GET /servers/:serverId`. */
  on(route: string, operation: string, handle: Handle, options: RouteOptions = {}): this {
    const [method, path] = route.split(" ");
    this.app.on(method!, path!, (c: Context) => this.#answer(c, operation, { handle, ...options }));
    return this;
  }

  async #answer(
    c: Context,
    operation: string,
    { handle, open = false }: RouteOptions & { handle: Handle },
  ): Promise<Response> {
    const exchange: Exchange = c.env.exchange;
    exchange.operation = operation;
    exchange.params = c.req.param() as Record<string, string>;
    await this.#wait(exchange);
    const answer = this.#refuse(exchange) ?? this.#checked(exchange, handle, open);
    return this.#decorated(exchange, await this.#spoil(exchange, answer));
  }

  async #wait(exchange: Exchange): Promise<void> {
    const { clock, signal } = this.#context;
    let time = sampleSpread(exchange.cloud.settings.latency, exchange.cloud.random);
    for (const { strike, blow } of this.#strikes(exchange, "wait")) time += strike(blow);
    if (time > 0) await clock.sleep(time, { signal });
  }

  #refuse(exchange: Exchange): Response | null {
    for (const { strike, blow } of this.#strikes(exchange, "refuse")) {
      const outcome = strike(blow, exchange);
      if (outcome instanceof Response) return outcome;
      exchange.breakage = outcome;
      return BROKEN;
    }
    return null;
  }

  /** What the service does by itself. */
  #checked(exchange: Exchange, handle: Handle, open: boolean): Response {
    const now = exchange.cloud.now();
    if (!open && exchange.cloud.tokens.find(exchange.header("x-auth-token"), now) === null) {
      return unauthorizedAnswer(this.#service, `${exchange.options.base}/identity/v3`);
    }
    try {
      this.#check(exchange);
      return handle(exchange, (stage) => this.#strikes(exchange, stage));
    } catch (error) {
      if (error instanceof Refusal) return refused(exchange, error);
      throw error;
    }
  }

  async #spoil(exchange: Exchange, answer: Response): Promise<Response> {
    // A fault with the effect has nothing to spoil where there was none.
    if (exchange.breakage !== null || answer.status >= 400) return answer;
    for (const { strike, blow } of this.#strikes(exchange, "spoil")) {
      const outcome = await strike(blow, exchange, answer);
      if (outcome instanceof Response) answer = outcome;
      else exchange.breakage = outcome;
    }
    return answer;
  }

  *#strikes<S extends Stage>(
    exchange: Exchange,
    stage: S,
  ): Generator<{ blow: Blow; strike: NonNullable<Fault[S]>; fault: Fault }> {
    const { clock, faults } = this.#context;
    for (const { fault, blow } of faults.draw(stage, subjectOf(exchange), clock.now())) {
      exchange.fault = fault.number;
      yield { fault, blow, strike: fault[stage]! };
    }
  }

  /** Headers that every answer of the service has. */
  #decorated(exchange: Exchange, answer: Response): Response {
    const { headers } = answer;
    headers.set("x-openstack-request-id", exchange.options.requestId);
    headers.set("date", new Date(this.#context.clock.now()).toUTCString());
    if (this.#service === "compute") {
      const version = `2.${exchange.microversion}`;
      headers.set("openstack-api-version", `compute ${version}`);
      headers.set("x-openstack-nova-api-version", version);
      headers.set("vary", "OpenStack-API-Version, X-OpenStack-Nova-API-Version");
      headers.set("x-compute-request-id", exchange.options.requestId);
    }
    return answer;
  }
}

/** Stands where no answer goes out. */
const BROKEN = new Response(null, { status: 204 });
const NOT_FOUND = "The resource could not be found.";

function pathOf(options: unknown): string {
  return (options as { env: { exchange: Exchange } }).env.exchange.options.path;
}

function refused(exchange: Exchange, refusal: Refusal): Response {
  return errorAnswer(exchange.service, refusal.status, { message: refusal.message, ...refusal.options });
}

function subjectOf(exchange: Exchange): Subject {
  return {
    cloud: exchange.cloud.settings.name,
    service: exchange.service,
    operation: exchange.operation,
    get name() {
      return exchange.subjectName();
    },
  };
}
