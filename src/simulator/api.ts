/**
 * The way of every request through a service: faults before, token check, the handler, faults after. The API files
 * declare routes with `ApiBuilder`; the simulator calls the Hono app that comes of it.
 */
import { type Context, Hono } from "hono";
import type { Instant } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { errorAnswer, type Service, unauthorizedAnswer } from "./answer.ts";
import type { Breakage, Exchange } from "./exchange.ts";
import type { Blow, Fault, Stage } from "./fault.ts";
import type { FaultBoard, Subject } from "./fault_board.ts";
import { quirkyAnswer } from "./quirk.ts";
import { ApiRefusal } from "./api_refusal.ts";
import { sampleSpread } from "./spread.ts";

type Api = Hono<{ Bindings: { exchange: Exchange } }>;
/** Does what a request asks for; throws a Refusal where the service would refuse. */
export type Handle = (exchange: Exchange, strikes: Strikes) => Outcome | Promise<Outcome>;
type Outcome = Response | Breakage;

/** The faults that strike within a handler. */
export type Strikes = <S extends Stage>(
  stage: S,
) => Iterable<{ blow: Blow; strike: NonNullable<Fault[S]>; fault: Fault }>;

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
      this.#decorated(c.env.exchange, refused(c.env.exchange, new ApiRefusal(404, NOT_FOUND)))
    );
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
    this.app.on(method!, path!, (c: Context) => this.#answer(c, { operation: find, handle, ...options }));
    return this;
  }

  async #answer(c: Context, route: Route): Promise<Response> {
    const exchange: Exchange = c.env.exchange;
    exchange.params = c.req.param() as Record<string, string>;
    if (!(await this.#receive(exchange, route))) return BROKEN;
    if (!(await this.#waits(exchange))) return BROKEN;
    const answer = this.#refuse(exchange) ?? await this.#checked(exchange, route);
    return this.#decorated(exchange, await encoded(exchange, await this.#spoil(exchange, answer)));
  }

  /** Takes in the request; whether it came whole. */
  async #receive(exchange: Exchange, { operation, streamed = false }: Route): Promise<boolean> {
    try {
      if (!streamed) await exchange.readBody();
    } catch {
      exchange.breakage = "reset";
    }
    exchange.operation = operation(exchange);
    return exchange.breakage === null;
  }

  /** Lets the request's time pass; whether the simulator is still there then. */
  async #waits(exchange: Exchange): Promise<boolean> {
    const { clock, signal } = this.#context;
    let time = sampleSpread(exchange.cloud.settings.latency, exchange.cloud.random);
    for (const { strike, blow } of this.#strikes(exchange, "wait")) time += strike(blow);
    try {
      if (time > 0) await clock.sleep(time, { signal });
    } catch {
      exchange.breakage = "reset";
    }
    return exchange.breakage === null;
  }

  #refuse(exchange: Exchange): Response | null {
    for (const { strike, blow } of this.#strikes(exchange, "refuse")) {
      const outcome = strike(blow, exchange);
      if (outcome !== null) return answered(exchange, outcome);
    }
    return null;
  }

  /** The service's own work on a request. */
  async #checked(exchange: Exchange, { handle, open = false }: Route): Promise<Response> {
    const now = exchange.cloud.now();
    if (!open && exchange.cloud.tokens.find(exchange.header("x-auth-token"), now) === null) {
      return unauthorizedAnswer(this.#service, `${exchange.options.base}/identity/v3`);
    }
    try {
      this.#check(exchange);
      const { quirks } = exchange.cloud;
      for (const quirk of quirks) quirk.request?.(exchange);
      const outcome = await handle(exchange, (stage) => this.#strikes(exchange, stage));
      return await quirkyAnswer(answered(exchange, outcome), { exchange, quirks });
    } catch (error) {
      if (error instanceof ApiRefusal) return refused(exchange, error);
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

  #dateOf(exchange: Exchange): Instant {
    const { clock, faults } = this.#context;
    let date = clock.now();
    // The journal does not tell of them: they strike every answer, and change nothing else.
    for (const { fault, blow } of faults.draw("date", subjectOf(exchange), date)) date += fault.date!(blow);
    return date;
  }

  /** Headers that every answer of the service has. */
  #decorated(exchange: Exchange, answer: Response): Response {
    const { headers } = answer;
    headers.set("x-openstack-request-id", exchange.options.requestId);
    headers.set("date", new Date(this.#dateOf(exchange)).toUTCString());
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

function answered(exchange: Exchange, outcome: Outcome): Response {
  if (outcome instanceof Response) return outcome;
  exchange.breakage = outcome;
  return BROKEN;
}

async function encoded({ cloud, breakage }: Exchange, answer: Response): Promise<Response> {
  if (breakage !== null) return answer;
  for (const quirk of cloud.quirks) answer = await quirk.answer?.(answer) ?? answer;
  return answer;
}

/** Stands where no answer goes out. */
const BROKEN = new Response(null, { status: 204 });
const NOT_FOUND = "The resource could not be found.";

function pathOf(options: unknown): string {
  return (options as { env: { exchange: Exchange } }).env.exchange.options.path;
}

function refused(exchange: Exchange, refusal: ApiRefusal): Response {
  return errorAnswer(exchange.service, refusal.status, { message: refusal.message, ...refusal.options });
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
