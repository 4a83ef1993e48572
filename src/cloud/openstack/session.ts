/**
 * Calls to the services of one cloud: finds the endpoint, adds token and microversion, renews the token once when
 * it is refused. The services' files (`servers`, `compute`, `network`, `image`) call it.
 */
import * as v from "valibot";
import type { Call } from "../../lib/call.ts";
import type { Clock } from "../../lib/clock.ts";
import { orAborted } from "../../lib/or_aborted.ts";
import { parseJson } from "../../lib/parse_answer.ts";
import type { CloudAccess } from "../../domain/cloud_access.ts";
import type { Place } from "../../domain/home.ts";
import { type Milliseconds, MINUTE } from "../../domain/time.ts";
import type { CloudLogin } from "../cloud.ts";
import { CloudError, isRefusal } from "../../domain/cloud_error.ts";
import type { CloudErrorKind } from "../../domain/cloud_error_kind.ts";
import type { SendRequest, SendResponse } from "../../http/send.ts";
import { findEndpoint, type ServiceType } from "./catalog.ts";
import { isForeign, noAnswer } from "./classify_response.ts";
import { checkApiVersion, discoverRoot, type ServiceRoot } from "./discovery.ts";
import { mendedAnswer, type Oddity, oddityTeller, type TellOddity } from "./mended_answer.ts";
import type { Token } from "./keystone_login.ts";
import { TokenCache } from "./token_cache.ts";
import type { HttpCall, RequestTurn, Transport } from "./transport.ts";

export interface ServiceCall extends Call, Pick<HttpCall, "action" | "accept" | "outflow" | "confirm"> {
  readonly service: ServiceType;
  /** Left out: GET. */
  readonly method?: SendRequest["method"];
  /** After the version: `/servers/detail?limit=1000`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** A token that ends sooner is renewed first. */
  readonly tokenGoodFor?: Milliseconds;
  /** Nova's, as N of 2.N; without it the base version is spoken. */
  readonly microversion?: number;
  readonly turn?: RequestTurn;
  /** Default: all but POST. */
  readonly repeatable?: boolean;
}

/** The options of each service's file. */
export interface ServiceOptions {
  readonly session: Session;
  readonly clock: Clock;
  /** Items asked for in one page of a listing. */
  readonly pageSize: number;
}

/** A service's own idea of what an answer is, with the message of an error to go with it. */
export interface Answer {
  readonly response: SendResponse;
  /** Reads an odd answer as far as it can, and logs what is odd. */
  parse<S extends v.GenericSchema>(schema: S): v.InferOutput<S>;
  /** The items of one of its lists that can be read, and what is needed to ask for the next page. */
  items<S extends v.GenericSchema>(key: string, schema: S): Items<v.InferOutput<S>>;
  /** The error of an answer that is not what the API documents (`badResponse`), or of another kind. */
  refuse(message: string, kind?: CloudErrorKind): CloudError;
}

export interface Items<T> {
  readonly items: readonly T[];
  /** Of all that the cloud gave, in its order. */
  readonly ids: readonly string[];
  /** How many that were, readable or not. */
  readonly given: number;
}

interface SessionOptions {
  readonly access: CloudAccess;
  readonly transport: Transport;
  readonly clock: Clock;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #tokens: TokenCache;
  readonly #tellOddity: TellOddity;
  /** By endpoint: a service that moves in the catalog is looked up again. */
  readonly #roots = new Map<string, Root>();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#tellOddity = oddityTeller(options.transport.name);
    this.#tokens = new TokenCache({ ...options, tellOddity: this.#tellOddity });
  }

  /** @throws CloudError */
  async request(call: ServiceCall): Promise<Answer> {
    const response = await this.#send(call);
    const effect = isGet(call) ? "none" : "unknown";
    const { status } = response;
    const refuse: Answer["refuse"] = (message, kind = "badResponse") =>
      this.#options.transport.refuse(call, { kind, message, status, effect });
    const tell = (oddity: Oddity) => this.#tellOddity(call.action, oddity);
    const noOne = () => this.#options.transport.refuse(call, { ...noAnswer(response), effect });
    if (isForeign(response)) throw noOne();
    let value: unknown;
    const json = () => value ??= parseJson(response, noOne);
    const parse: Answer["parse"] = (schema) => mendedAnswer(schema, json(), { refuse, tell });
    return {
      response,
      refuse,
      parse,
      items(key, schema) {
        const given = givenIds(json(), key);
        return { ...given, items: parse(v.object({ [key]: v.array(schema) }))[key]! };
      },
    };
  }

  /** A service may refuse (406) the microversion that its document offers: then none is asked of it for a while. */
  async #send(call: ServiceCall): Promise<SendResponse> {
    try {
      return await this.#sendWithToken(call);
    } catch (error) {
      const isVersion = call.microversion !== undefined && isRefusal(error) && error.status === 406;
      if (isVersion) await this.#withdrawMicroversions(call.service);
      if (!isVersion || !isGet(call)) throw error;
      return await this.#send({ ...call, microversion: undefined });
    }
  }

  async #withdrawMicroversions(service: ServiceType): Promise<void> {
    for (const known of this.#roots.values()) {
      if (known.service !== service) continue;
      known.root = Promise.resolve({ ...await known.root, microversion: 0 });
      known.until = this.#options.clock.monotonic() + WITHOUT_VERSIONS;
    }
  }

  /** Whether the service offers a microversion; logs in and asks for its versions where not known yet. */
  async offers(
    microversion: number,
    call: Pick<ServiceCall, "action" | "service" | "signal">,
  ): Promise<boolean> {
    const token = await this.#tokens.get(call);
    return (await this.#root(call.service, { token, call })).microversion >= microversion;
  }

  async logIn({ signal }: Call): Promise<CloudLogin> {
    return (await this.#tokens.get({ signal })).login;
  }

  /** The project that the token is for. */
  async projectId({ signal }: Call): Promise<string | null> {
    return (await this.#tokens.get({ signal })).projectId;
  }

  /** Whose servers the compute service shows; null: the token is for no project. */
  async place({ signal }: Call): Promise<Place | null> {
    const { catalog, projectId: project } = await this.#tokens.get({ signal });
    if (project === null) return null;
    const found = findEndpoint("compute", { catalog, access: this.#options.access, projectId: project });
    return { project, region: "region" in found ? found.region : null };
  }

  /** The error of an answer that is well-formed but cannot be. */
  refuse(call: { action: string }, message: string): CloudError {
    return this.#options.transport.refuse(call, { kind: "badResponse", message, effect: "none" });
  }

  async #sendWithToken(call: ServiceCall): Promise<SendResponse> {
    const { signal, tokenGoodFor: goodFor, outflow } = call;
    for (let renewed = false;; renewed = true) {
      const token = await this.#tokens.get({ signal, goodFor });
      try {
        const root = await this.#root(call.service, { token, call });
        const response = await this.#options.transport.request(toHttp(call, { token, root }));
        token.accepted = true;
        return response;
      } catch (error) {
        if (!isTokenRefused(error)) {
          if (error instanceof CloudError && error.status !== null) token.accepted = true;
          throw error;
        }
        this.#tokens.forget(token);
        // A token that no service ever took is not worth another login: the next call tries.
        if (renewed || !token.accepted || outflow?.begun) throw error;
      }
    }
  }

  async #root(
    service: ServiceType,
    { token, call }: { token: Token; call: Call & { action: string } },
  ): Promise<ServiceRoot> {
    const refuse = (message: string, kind: CloudErrorKind = "badRequest") =>
      this.#options.transport.refuse(call, { kind, message, effect: "none" });
    const unspoken = checkApiVersion(service, this.#options.access.apiVersions[service]);
    if (unspoken !== null) throw refuse(unspoken);
    const found = findEndpoint(service, {
      catalog: token.catalog,
      access: this.#options.access,
      projectId: token.projectId,
    });
    if ("missing" in found) throw refuse(found.missing, found.isNotOffered ? "notFound" : "badRequest");
    if (!/^https?:/.test(URL.parse(found.url)?.protocol ?? "")) {
      throw refuse(
        `the ${service} endpoint ${found.url} is not an http(s) address; set ${service}_endpoint_override`,
      );
    }
    return await orAborted(this.#discover(service, found.url), call.signal);
  }

  #discover(service: ServiceType, endpoint: string): Promise<ServiceRoot> {
    const key = `${service} ${endpoint}`;
    const now = this.#options.clock.monotonic();
    const known = this.#roots.get(key);
    if (known !== undefined && now < known.until) return known.root;
    const found: Root = {
      service,
      root: discoverRoot(service, endpoint, (url) => this.#askVersions(service, url)),
      until: Infinity,
    };
    this.#roots.set(key, found);
    found.root.then(({ isTold }) => {
      if (!isTold) found.until = this.#options.clock.monotonic() + WITHOUT_VERSIONS;
    }, () => this.#roots.delete(key));
    return found.root;
  }

  /**
   * Version documents are public: no token is sent, so that an expired one cannot hide them.
   * @returns null where the service keeps it back or fails to tell it
   */
  async #askVersions(service: ServiceType, url: string): Promise<SendResponse | null> {
    try {
      return await this.#options.transport.request({
        action: `ask for the versions of ${service}`,
        service,
        turn: "other",
        repeatable: true,
        method: "GET",
        url,
        headers: { accept: "application/json" },
        accept: WITHOUT_DOCUMENT,
        signal: this.#options.transport.closing,
      });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return null;
    }
  }
}

interface Root {
  readonly service: ServiceType;
  root: Promise<ServiceRoot>;
  /** On our monotonic clock: from then on it is asked for again. */
  until: number;
}

/** A service that fails to tell its versions is used in its base version for this long. */
const WITHOUT_VERSIONS = 10 * MINUTE;

function givenIds(answer: unknown, key: string): { ids: string[]; given: number } {
  const list = (answer as Record<string, unknown> | null)?.[key];
  if (!Array.isArray(list)) return { ids: [], given: 0 };
  const ids = list.flatMap((item) => ["string", "number"].includes(typeof item?.id) ? String(item.id) : []);
  return { ids, given: list.length };
}

/** Root documents come with 300 as well; a service that keeps them back answers with a 4xx and is used without. */
const WITHOUT_DOCUMENT = [300, 400, 401, 403, 404, 405, 406];

function isTokenRefused(error: unknown): error is CloudError {
  return error instanceof CloudError && error.status === 401 && error.kind === "unauthorized";
}

function isGet({ method = "GET" }: ServiceCall): boolean {
  return method === "GET";
}

function toHttp(call: ServiceCall, { token, root }: { token: Token; root: ServiceRoot }): HttpCall {
  const { method = "GET", turn = "other", repeatable = method !== "POST" } = call;
  const { path, body, outflow, microversion } = call;
  return {
    ...call,
    method,
    turn,
    repeatable,
    url: root.url + path,
    headers: {
      accept: "application/json",
      "x-auth-token": token.value,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(outflow !== undefined && {
        "content-type": "application/octet-stream",
        "content-length": String(outflow.size),
      }),
      // Nova before 2.27 knows only the older name.
      ...(microversion !== undefined && {
        "openstack-api-version": `compute 2.${microversion}`,
        "x-openstack-nova-api-version": `2.${microversion}`,
      }),
    },
    body: body === undefined ? outflow?.body : JSON.stringify(body),
  };
}
