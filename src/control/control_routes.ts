/**
 * The routes of the control socket, one for each operation: a checked way to the pool. Errors travel as `{error,
 * status}`. Anyone who can open the socket can do everything; `serveControl` sees to it that only the daemon's user
 * can.
 */
import { type Context, Hono } from "hono";
import { VERSION } from "../lib/build_info.ts";
import { checkedRequest } from "./what_is_wrong.ts";
import { ControlError } from "./control_error.ts";
import { StoreError, type StoreErrorKind } from "../store/store.ts";
import { greetingOf, OLDEST_PROTOCOL, PROTOCOL_HEADER } from "./greeting.ts";
import type { Operation } from "./operation.ts";
import { type OperationName, operations } from "./operations.ts";
import type { HttpHandler } from "../lib/http/http_server.ts";
import { sendShared } from "../lib/http/send_shared.ts";
import { RecentBodies } from "../views/recent_bodies.ts";
import type { LocalPool } from "./pool_client.ts";

/**
 * Answers from this process's own pool until it is disposed of: then everybody who waits gets 503. The pool is left open.
 * @param options `onDefect`: called with errors that are our own fault
 */
export function answerControl(
  pool: LocalPool,
  { onDefect }: { onDefect(error: unknown): void },
): Disposable & { readonly handle: HttpHandler } {
  const stop = new AbortController();
  const routes = controlRoutes(pool, { stopping: stop.signal, onDefect });
  return {
    handle: (request) => routes.fetch(request),
    [Symbol.dispose]: () => stop.abort(new ControlError(503, "the daemon is stopping")),
  };
}

/** @param options `stopping`: ends all waiting with its reason */
function controlRoutes(
  pool: LocalPool,
  { stopping, onDefect }: { stopping: AbortSignal; onDefect(error: unknown): void },
): Hono {
  const app = new Hono();
  const recent = new RecentBodies();
  app.use((context, next) => refuseOldClients(context, next));
  app.get("/", (context) => context.json(greetingOf(operations)));
  for (const [name, operation] of Object.entries(operations) as [OperationName, Operation][]) {
    const [method, path] = operation.route.split(" ") as [string, string];
    app.on(method, path, async (context) => {
      const request = checkedRequest(operation.request, await requestOf(context));
      if (operation.json !== undefined) {
        const report = pool.report();
        const { tag, make } = operation.json(report, request);
        const question = `${path} ${JSON.stringify(request)}`;
        const bytes = await recent.get(question, { tag, now: report.now }, make);
        return sendShared(context, { type: "application/json", bytes });
      }
      const signal = AbortSignal.any([context.req.raw.signal, stopping]);
      return answer(context, await pool.ask(name, request as never, { signal }));
    });
  }
  app.notFound((context) => failure(context, new ControlError(404, `no route ${context.req.path}`)));
  app.onError((error, context) => {
    const { signal } = context.req.raw;
    const hasLeft = signal.aborted && error === signal.reason;
    // A state that cannot be written is the state watch's to tell.
    const isKnown = error instanceof ControlError || error instanceof StoreError;
    if (!hasLeft && !isKnown) onDefect(error);
    return failure(context, error);
  });
  return app;
}

async function refuseOldClients(context: Context, next: () => Promise<void>): Promise<void> {
  // A command of 0.3.0 names none.
  const protocol = Number(context.req.header(PROTOCOL_HEADER) ?? 1);
  if (protocol < OLDEST_PROTOCOL) {
    throw new ControlError(
      400,
      `this nodepool is too old for the daemon, which runs ${VERSION}: use the daemon's version`,
    );
  }
  await next();
}

/** The path, the query and the body of a request as one object. */
async function requestOf(context: Context): Promise<object> {
  const body = context.req.method === "POST" ? await bodyOf(context) : {};
  return { ...context.req.query(), ...body, ...context.req.param() };
}

async function bodyOf(context: Context): Promise<object> {
  const text = await context.req.text();
  if (text === "") return {};
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null) return body;
  } catch {
    throw new ControlError(400, "the request's body is not JSON");
  }
  throw new ControlError(400, "the request's body is not a JSON object");
}

/** A stream is sent as it comes. */
function answer(context: Context, content: unknown): Response {
  if (content === undefined) return context.body(null, 204);
  if (!(content instanceof ReadableStream)) return context.json(content as object);
  return context.body(content, 200, { "transfer-encoding": "chunked" });
}

/**
 * A daemon that has lost the state to another is about to end, which is no answer: the next one may be asked the same.
 */
const STORE_STATUSES: Partial<Record<StoreErrorKind, 503 | 507>> = { stopped: 503, unusable: 507 };

function statusOf(error: Error): ControlError["status"] | 500 {
  if (error instanceof ControlError) return error.status;
  return error instanceof StoreError ? STORE_STATUSES[error.kind] ?? 500 : 500;
}

function failure(context: Context, error: Error): Response {
  const status = statusOf(error);
  return context.json({ error: error.message, status }, status);
}
