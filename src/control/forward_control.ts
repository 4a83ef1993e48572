/**
 * Commands of a standby's machine get the leader's answers, its streams and long waits included. Where another leads
 * meanwhile, requests that the former leader has not answered end without an answer, as at the end of a daemon: a command
 * that may ask again does so. The daemon serves its control socket and door with it until it leads itself.
 */
import { SECOND } from "../domain/time.ts";
import { describeSendFailure } from "../http/send_failure.ts";
import type { LeaderRecord } from "../lead/leader_record.ts";
import type { Call } from "../lib/call.ts";
import { type Clock, sleptThrough } from "../lib/clock.ts";
import type { HttpHandler } from "../lib/http/http_server.ts";
import { openLeaderWire } from "./leader_wire.ts";

interface ForwardDeps {
  /** Who leads, as far as this process knows; null: nobody. */
  readonly leader: () => LeaderRecord | null;
  readonly pool: string;
  readonly clock: Clock;
  /** Answers `status` while no leader is known. Left out: it is refused. */
  status?(call: Call): Promise<object>;
}

/** Between two looks whether another leads. */
const LOOK = SECOND;

const STATUS = "/views/status";

/** Headers of a request and of an answer that are not about the connection alone. */
const PASSED = ["content-type", "nodepool-protocol", "transfer-encoding", "retry-after"];

/** Disposing of it ends what is being answered. */
export class ForwardedControl implements AsyncDisposable {
  readonly #deps: ForwardDeps;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  #way: WayToLeader | null = null;

  constructor(deps: ForwardDeps) {
    this.#deps = deps;
    this.#watching = this.#watch();
  }

  readonly handle: HttpHandler = async (request) => {
    const { pool, status } = this.#deps;
    const way = this.#currentWay();
    const { pathname, search } = new URL(request.url);
    if (way === null && status !== undefined && pathname === STATUS) {
      return Response.json(await status(request));
    }
    if (way === null) return unavailable(`no daemon leads the pool ${pool} now`);
    const body = request.method === "POST" ? await request.text() : undefined;
    const headers = passed(request.headers, ["content-type", "nodepool-protocol"]);
    try {
      const call = { method: request.method, path: pathname + search, headers, body };
      const { status, headers: answered, body: content } = await way.wire.send(call, request);
      return new Response(content, { status, headers: passed(answered, PASSED) });
    } catch (error) {
      const { message } = neverHeard(error, { way, signal: request.signal });
      return unavailable(`cannot reach the daemon that leads the pool ${pool}: ${message}`);
    }
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
    await this.#leave();
  }

  #currentWay(): WayToLeader | null {
    const leader = this.#deps.leader();
    if (leader?.id !== this.#way?.leader.id) void this.#leave();
    return this.#way ??= leader === null ? null : wayTo(leader);
  }

  async #leave(): Promise<void> {
    const way = this.#way;
    this.#way = null;
    way?.over.abort(new Error("another daemon leads"));
    await way?.wire[Symbol.asyncDispose]();
  }

  async #watch(): Promise<void> {
    const { clock } = this.#deps;
    while (await sleptThrough(clock, LOOK, this.#stop)) {
      if (this.#way !== null) this.#currentWay();
    }
  }
}

type WayToLeader = ReturnType<typeof wayTo>;

function wayTo(leader: LeaderRecord) {
  const over = new AbortController();
  return { leader, over, wire: openLeaderWire(leader, { until: over.signal }) };
}

function passed(headers: Headers, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  }));
}

/** @throws the error, where the leader may have heard the request: then nobody can say whether it was done */
function neverHeard(error: unknown, { way, signal }: { way: WayToLeader; signal: AbortSignal }): Error {
  const { cause = error } = error as Error;
  const failure = describeSendFailure(cause, {
    url: new URL(way.leader.control.url),
    signal,
    trust: { certificate: null, advice: "another process listens there" },
  });
  if (failure.effect !== "none") throw error;
  return failure;
}

/** As control routes refuse. */
function unavailable(error: string): Response {
  return Response.json({ error, status: 503 }, { status: 503 });
}
