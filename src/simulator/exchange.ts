/**
 * One request on its way through the simulator: what was asked, of which cloud, and what became of it. The journal
 * row is made from it at the end.
 */
import { tryDecodeURIComponent } from "hono/utils/url";
import type { Instant } from "../domain/time.ts";
import { ApiRefusal, invalidInput, type Service } from "./answer.ts";
import type { CloudState } from "./cloud_state.ts";
import type { SimulatedImage } from "./simulated_image.ts";
import type { SimulatedServer } from "./simulated_server.ts";

/** How a connection ends without an answer: broken; never taken; left open for ever. */
export type Breakage = "reset" | "refused" | "silence";

/** A request as it comes in. */
export interface ApiRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** null: it has none. */
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | null;
}

export class Exchange {
  operation = "unknown";
  /** The server that it made or names. */
  server: SimulatedServer | null = null;
  /** The image that it made or names. */
  image: SimulatedImage | null = null;
  /** Whether it changed the cloud; null: not before a handler has done its work. */
  effect: boolean | null = null;
  fault: number | null = null;
  /** Nova's 2.x; 1 where the request does not say. */
  microversion = 1;
  #body = "";
  #json: unknown = null;
  /** The parts of the path, by the names that the route gives them. */
  params: Readonly<Record<string, string>> = {};

  /** @param options `base` is the address of the cloud as the client knows it, with no slash at its end */
  constructor(
    readonly cloud: CloudState,
    readonly service: Service,
    readonly options: Pick<ApiRequest, "method" | "headers" | "body"> & {
      base: string;
      /** Below the service's own path, without a slash at its end. */
      path: string;
      query: URLSearchParams;
      requestId: string;
    },
  ) {}

  /** Takes in the body, which `json`, `section` and `subjectNames` know afterwards; whether it came whole. */
  async readBody(): Promise<boolean> {
    const { body } = this.options;
    try {
      if (body !== null) this.#body = typeof body === "string" ? body : await new Response(body).text();
    } catch {
      return false;
    }
    try {
      if (this.#body !== "") this.#json = JSON.parse(this.#body);
    } catch {
      // What asks for its parts refuses it.
    }
    return true;
  }

  /** The body as it comes, for what has not had it read. */
  chunks(): Iterable<Uint8Array<ArrayBuffer>> | AsyncIterable<Uint8Array<ArrayBuffer>> {
    const { body } = this.options;
    if (body === null) return [];
    if (typeof body === "string") return [new TextEncoder().encode(body)];
    return body instanceof Uint8Array ? [body] : body;
  }

  /** Gives up what was not read of the body. */
  async dropBody(): Promise<void> {
    const { body } = this.options;
    if (body instanceof ReadableStream && !body.locked) await body.cancel().catch(() => {});
  }

  /** The cloud's time now, with everything due by then done. */
  get now(): Instant {
    return this.cloud.now();
  }

  get query(): URLSearchParams {
    return this.options.query;
  }

  /** The service's address as the catalog tells it. */
  get url(): string {
    return `${this.options.base}/${this.service}`;
  }

  header(name: string): string | null {
    return this.options.headers[name] ?? null;
  }

  /** A part of the path, as the route names it. */
  param(name: string): string {
    return tryDecodeURIComponent(this.params[name] ?? "");
  }

  /**
   * The request's body.
   * @throws ApiRefusal 400 where it is no JSON object
   */
  json(): Record<string, unknown> {
    if (isObject(this.#json)) return this.#json;
    throw new ApiRefusal(400, "Malformed request body");
  }

  /**
   * The request's body.
   * @throws ApiRefusal 400 where it is no JSON list
   */
  jsonList(): unknown[] {
    if (Array.isArray(this.#json)) return this.#json;
    throw new ApiRefusal(400, "Request body must be a JSON array of operation objects.");
  }

  /**
   * One object within the body, as in `{"server": {…}}`.
   * @throws ApiRefusal 400 for a body without it
   */
  section(key: string): Record<string, unknown> {
    const value = this.json()[key];
    if (isObject(value)) return value;
    throw invalidInput("field/attribute body", this.#body, `'${key}' is a required property`);
  }

  /** The request's body; nothing where it is no JSON object. */
  get bodyObject(): Record<string, unknown> {
    return isObject(this.#json) ? this.#json : {};
  }

  /** The names of what the request is about, for fault rules: those of the path, and that of what is to be made. */
  subjectNames(): string[] {
    const body = this.bodyObject;
    // Nova and Neutron put what is to be made in an object of its own, Glance does not.
    const inner = Object.values(body)[0] as { name?: unknown } | null | undefined;
    const names = [
      this.cloud.servers.get(this.param("serverId"))?.name,
      // One that the request has deleted is found nowhere else.
      (this.image ?? this.cloud.images.get(this.param("imageId")))?.fields.name,
      inner?.name,
      body["name"],
    ];
    return names.filter((name): name is string => typeof name === "string");
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
