/** A pool for tests: a report that they can change, actions that are written down, waits that they end. */
import { ControlError } from "../../src/control/control_error.ts";
import type { AlienImageListing, AlienListing, DaemonPool } from "../../src/control/operated_pool.ts";
import {
  type AnswerOf,
  type OperationName,
  operations,
  type RequestOf,
} from "../../src/control/operations.ts";
import type { OrderOutcome } from "../../src/control/operations/image_operations.ts";
import type { LocalPool } from "../../src/control/pool_client.ts";
import type { HistoryRecord, NodeRecord } from "../../src/domain/node.ts";
import type { PoolReport } from "../../src/domain/pool_report.ts";
import { orAborted } from "../../src/lib/or_aborted.ts";
import { viewAcquiredNodes } from "../../src/views/acquired_nodes.ts";
import type { NodeLogView } from "../../src/views/node_log.ts";
import { viewJob } from "../../src/views/job_list.ts";
import { viewRequest } from "../../src/views/request_list.ts";
import { sampleDump } from "../views/sample_dump.ts";
import { sampleReport, sampleRequest } from "../views/sample_pool.ts";

type Scripts = {
  readonly [Name in OperationName]?: (
    request: RequestOf<Name>,
    options: { readonly signal: AbortSignal },
  ) => Promise<AnswerOf<Name>>;
};

export class ScriptedPool implements LocalPool {
  current: PoolReport = sampleReport();
  aliens: AlienListing = { servers: [], warnings: [] };
  alienImages: AlienImageListing = { images: [], warnings: [] };
  /** What became of the orders that are waited for; they are waited for as long as there is none. */
  readonly orders = Promise.withResolvers<readonly OrderOutcome[]>();
  /** What `state-adopt` takes over, if it is not the usual. */
  adoption: AnswerOf<"state-adopt"> | null = null;
  buildLog: readonly string[] = ["+ building\n", "built\n"];
  /** Whether the build goes on, and with it its log. */
  isLogOpen = false;
  history: HistoryRecord | null = null;
  /** The pieces in which server-sent events come. */
  events: readonly string[] = [];
  /** What `node-log` tells, one after the other; the last again and again. */
  readonly logs: NodeLogView[] = [];
  /** What was asked, in order: `hold 1,2 …`. */
  readonly calls: string[] = [];
  disposed = false;
  /** Thrown by the next action instead of doing it. */
  failure: Error | null = null;
  readonly #grant = Promise.withResolvers<readonly NodeRecord[]>();
  readonly #waits: AnswerOf<"waits">[] = [];
  #news = Promise.withResolvers<void>();
  readonly #ends = new Map<number, PromiseWithResolvers<void>>();
  readonly #imageEnds = new Map<number, PromiseWithResolvers<void>>();

  /** What is not in it is made of the report. */
  readonly #scripts: Scripts = {
    "hold": (request) => this.#act("hold", request),
    "unhold": (request) => this.#act("unhold", request),
    "delete": (request) => this.#act("delete", request),
    "release": async (request) => {
      const isHeld = (id: number) =>
        this.current.nodes.some((node) => node.id === id && node.state.phase === "hold");
      return (await this.#act("release", request)).map((one) =>
        isHeld(one.id) ? { ...one, stays: true } : one
      );
    },
    "image-delete": (request) => this.#act("delete-images", request),
    "dib-image-delete": (request) => this.#act("delete-dib-images", request),
    "job-create": async (spec) => {
      await this.#note(`create-job ${JSON.stringify(spec)}`);
      return viewJob({ revision: 1, id: 3, createdAt: this.current.now, ...spec }, this.current);
    },
    "job-delete": async ({ ids }) => {
      await this.#note(`delete-jobs ${ids.join(",")}`);
      return ids.map((id) =>
        this.current.jobs.some((entry) => entry.id === id)
          ? { id, ok: true, message: "deleted" }
          : { id, ok: false, message: `there is no job ${id}` }
      );
    },
    "image-end": ({ id }, { signal }) =>
      this.#wait(`wait-image-end ${id}`, this.#imageEnd(id).promise, signal),
    "node-end": ({ id }, { signal }) => this.#wait(`wait-end ${id}`, this.#end(id).promise, signal),
    "request": async ({ ...spec }) => {
      await this.#note(`request ${JSON.stringify(spec)}`);
      return viewRequest(sampleRequest({ id: 9, ...spec, token: spec.token ?? null }), this.current);
    },
    "request-grant": async ({ id }, { signal }) => {
      const nodes = await this.#wait(`wait-grant ${id}`, this.#grant.promise, signal);
      const { config, nodes: pool } = this.current;
      return viewAcquiredNodes(nodes, { request: id, config, pool });
    },
    "request-confirm": ({ id }) => this.#note(`confirm ${id}`),
    "request-withdraw": ({ id }) => this.#note(`withdraw ${id}`),
    "waits": async (_request, { signal }) => {
      while (this.#waits.length === 0) {
        this.#news = Promise.withResolvers();
        await orAborted(this.#news.promise, signal);
      }
      return this.#waits.shift()!;
    },
    "image-order": async (spec) => {
      await this.#note(`order ${JSON.stringify(spec)}`);
      const build = { provider: null, image: spec.image };
      const upload = { provider: spec.provider ?? "cloud-a", image: spec.image };
      const orders = { build: [build], upload: [upload], update: [build, upload] }[spec.kind];
      return { at: this.current.now, orders };
    },
    "image-order-end": (placed, { signal }) =>
      this.#wait(`wait-orders ${JSON.stringify(placed)}`, this.orders.promise, signal),
    "build-log": async ({ id }, { signal }) => {
      await this.#note(`follow ${id}`);
      return ReadableStream.from(this.#readLog(signal));
    },
    "node-log": async ({ id, lines }) => {
      await this.#note(`log ${id} ${lines}`);
      return this.logs.length > 1 ? this.logs.shift()! : this.logs[0]!;
    },
    "state-adopt": async ({ dryRun }) => {
      await this.#note(`adopt${dryRun ? " --dry-run" : ""}`);
      if (this.adoption !== null) return this.adoption;
      const adopted = {
        provider: "cloud-a",
        hostname: "noble-cloud-a-9",
        serverId: "s9",
        ip: null,
        run: "r2",
      };
      return {
        servers: [{ ...adopted, nodeId: dryRun ? null : 21 }],
        held: dryRun ? [] : [7],
        warnings: [],
      };
    },
    "events": async (wish) => {
      await this.#note(`events ${JSON.stringify(wish)}`);
      return ReadableStream.from(this.events.map((text) => new TextEncoder().encode(text)));
    },
    "reload": async () => {
      await this.#note("reload");
      return { changes: ["label noble: min-ready 3 -> 4"], problems: [] };
    },
  };

  get hasDaemon(): boolean {
    return this.current.daemon !== null;
  }

  report(): PoolReport {
    return this.current;
  }

  async ask<Name extends OperationName>(
    name: Name,
    request: RequestOf<Name>,
    { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
  ): Promise<AnswerOf<Name>> {
    const scripted = this.#scripts[name];
    if (scripted !== undefined) return await scripted(request as never, { signal }) as AnswerOf<Name>;
    return await operations[name].run(this.#operated(), request, { signal }) as AnswerOf<Name>;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    return Promise.resolve();
  }

  /** Lets the waiting request have these. */
  grant(nodes: readonly NodeRecord[]): void {
    this.#grant.resolve(nodes);
  }

  /** Whoever waits is told this next. */
  tell(...waits: AnswerOf<"waits">["waits"]): void {
    this.#waits.push({ known: waits.map((wait) => JSON.stringify(wait)), waits });
    this.#news.resolve();
  }

  /** The node has left the pool. */
  end(nodeId: number): void {
    this.#end(nodeId).resolve();
  }

  /** Nothing is left of the image. */
  endImage(imageId: number): void {
    this.#imageEnd(imageId).resolve();
  }

  #end(nodeId: number): PromiseWithResolvers<void> {
    return this.#ends.getOrInsertComputed(nodeId, () => Promise.withResolvers<void>());
  }

  #imageEnd(imageId: number): PromiseWithResolvers<void> {
    return this.#imageEnds.getOrInsertComputed(imageId, () => Promise.withResolvers<void>());
  }

  async *#readLog(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (const text of this.buildLog) yield new TextEncoder().encode(text);
    if (this.isLogOpen) await orAborted(new Promise<never>(() => {}), signal);
  }

  async #act(name: string, { ids, ...options }: { readonly ids: readonly number[] }) {
    await this.#note(`${name} ${ids.join(",")} ${JSON.stringify(options)}`);
    const known = new Set(this.current.nodes.map(({ id }) => id));
    return ids.map((id) =>
      known.has(id)
        ? { id, ok: true, message: `${name} done` }
        : { id, ok: false, message: `there is no node ${id}` }
    );
  }

  /** What lists and looks need. */
  #operated(): DaemonPool {
    const getHistory = (id: number) => Promise.resolve(this.history?.node.id === id ? this.history : null);
    return {
      ledger: {
        getHistory,
        listHistory: () => Promise.resolve(this.history === null ? [] : [this.history]),
      },
      report: () => this.current,
      listAliens: async ({ provider }: { provider: string | null }) => {
        await this.#note(`aliens ${provider}`);
        return this.aliens;
      },
      listAlienImages: async ({ provider }: { provider: string | null }) => {
        await this.#note(`alien-images ${provider}`);
        return this.alienImages;
      },
      daemon: { dump: () => sampleDump },
    } as unknown as DaemonPool;
  }

  #note(call: string): Promise<void> {
    this.calls.push(call);
    return this.failure === null ? Promise.resolve() : Promise.reject(this.failure);
  }

  async #wait<T>(call: string, happened: Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#note(call);
    const aborted = Promise.withResolvers<never>();
    const abort = () => {
      this.calls.push(`${call} aborted`);
      aborted.reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      signal.throwIfAborted();
      return await Promise.race([happened, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}

/** What the offline pool says of what only a daemon can do. */
export const needsDaemon = new ControlError(503, "this needs a running daemon");
