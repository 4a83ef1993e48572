/**
 * One request on its way through the simulator: what was asked, of which cloud, and what became of it. The journal
 * row is made from it at the end.
 */
import type { Instant } from "../domain/time.ts";
import type { Service } from "./answer.ts";
import type { CloudState } from "./cloud_state.ts";
import { Refusal } from "./refusal.ts";
import { nodeIdOf, type SimulatedServer } from "./simulated_server.ts";

/** How a connection ends without an answer: broken; never taken; left open for ever. */
export type Breakage = "reset" | "refused" | "silence";

export class Exchange {
  operation = "unknown";
  /** The server that it made or names. */
  server: SimulatedServer | null = null;
  effect = false;
  fault: number | null = null;
  breakage: Breakage | null = null;
  /** Nova's 2.x; 1 where the request does not say. */
  microversion = 1;
  readonly #body: string;
  #params: Record<string, string> = {};

  /** @param options `base` is the address of the cloud as the client knows it, with no slash at its end */
  constructor(
    readonly cloud: CloudState,
    readonly service: Service,
    readonly options: {
      base: string;
      method: string;
      /** Below the service's own path, without a slash at its end. */
      path: string;
      query: URLSearchParams;
      headers: Headers;
      body: string;
      requestId: string;
    },
  ) {
    this.#body = options.body;
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

  get nodeId(): number | null {
    return this.server === null ? null : nodeIdOf(this.server);
  }

  header(name: string): string | null {
    return this.options.headers.get(name);
  }

  set params(params: Record<string, string>) {
    this.#params = params;
  }

  /** A part of the path, as the route names it. */
  param(name: string): string {
    return this.#params[name] ?? "";
  }

  /**
   * The request's body.
   * @throws Refusal 400 where it is no JSON object
   */
  json(): Record<string, unknown> {
    const value = this.#parsed();
    if (value === null) throw new Refusal(400, "Malformed request body");
    return value;
  }

  /**
   * One object within the body, as in `{"server": {…}}`.
   * @throws Refusal 400 where there is none
   */
  section(key: string): Record<string, unknown> {
    const value = this.json()[key];
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Refusal(
        400,
        `Invalid input for field/attribute body. Value: ${this.#body}. '${key}' is a required property`,
      );
    }
    return value as Record<string, unknown>;
  }

  /** The name of what the request is about, for fault rules; null where there is none. */
  subjectName(): string | null {
    const id = this.#params["serverId"];
    if (id !== undefined) return this.cloud.servers.get(id)?.name ?? null;
    const named = Object.values(this.#parsed() ?? {})[0] as { name?: unknown } | null;
    return typeof named?.name === "string" ? named.name : null;
  }

  #parsed(): Record<string, unknown> | null {
    if (this.#body === "") return null;
    try {
      const value = JSON.parse(this.#body);
      return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
    } catch {
      return null;
    }
  }
}
