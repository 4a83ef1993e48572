/**
 * The routes of the control socket: a thin, checked way to a PoolClient. Errors travel as `{error, status}`.
 * Who may open the socket may do everything; `serveControl` sees to it that only the daemon's user can.
 */
import { type Context, Hono } from "hono";
import * as v from "valibot";
import type { ViewFilter } from "../views/view_filter.ts";
import { isPoolViewName } from "../views/view_pool.ts";
import { LAST_INSTANT, LONGEST_TIME } from "../domain/time.ts";
import type { LocalClient } from "./local_client.ts";
import { ControlError } from "./pool_control.ts";

interface ControlRoutesOptions {
  /** Aborted when the daemon stops: ends all waiting with its reason. */
  readonly stopping: AbortSignal;
  /** Told of errors that are nobody's fault but ours. */
  onDefect(error: unknown): void;
}

const text = v.nullable(v.pipe(v.string(), v.maxLength(1_000)), null);
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** By the machine's clock. */
const instant = v.pipe(
  whole,
  v.maxValue(LAST_INSTANT, "a time is in milliseconds since 1970, in the year 9999 at the latest"),
);
const duration = v.pipe(
  whole,
  v.maxValue(LONGEST_TIME, "a length of time is in milliseconds, 100 years at most"),
);
const ids = v.pipe(v.array(whole), v.minLength(1), v.maxLength(10_000));
const pathId = v.pipe(v.string(), v.regex(/^\d{1,15}$/, "an id is a whole number"), v.transform(Number));

const holdBody = v.object({ ids, reason: text, owner: text, duration: v.nullable(duration, null) });
const deleteBody = v.object({ ids, comment: v.pipe(v.string(), v.maxLength(1_000)) });
const releaseBody = v.object({
  ids,
  result: v.nullable(v.picklist(["SUCCESS", "FAILURE"]), null),
  job: text,
});
const jobBody = v.object({ job: v.string(), holdOnFailure: v.number() });
const idsBody = v.object({ ids });
const requestBody = v.object({
  label: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  count: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  job: text,
  client: text,
  deadline: v.nullable(instant, null),
  token: v.nullish(v.pipe(v.string(), v.maxLength(100)), null),
});
const orderBody = v.object({
  kind: v.picklist(["build", "upload", "update"]),
  provider: v.nullable(v.string(), null),
  image: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
});
const placedBody = v.object({
  at: whole,
  orders: v.pipe(
    v.array(v.object({ provider: v.nullable(v.string()), image: v.string() })),
    v.maxLength(10_000),
  ),
});
const adoptBody = v.object({ dryRun: v.boolean() });
const filterQuery = v.object({
  id: v.optional(pathId),
  image: v.optional(v.string()),
  job: v.optional(v.string()),
  provider: v.optional(v.string()),
  label: v.optional(v.string()),
  state: v.optional(v.string()),
});

/** The app; `pool` is asked for everything. */
export function controlRoutes(pool: LocalClient, { stopping, onDefect }: ControlRoutesOptions): Hono {
  const app = new Hono();
  const until = (context: Context) => ({ signal: AbortSignal.any([context.req.raw.signal, stopping]) });
  addReading(app, { pool, until });
  addActing(app, pool);
  addWaiting(app, { pool, until });
  app.notFound((context) => failure(context, new ControlError(404, `no route ${context.req.path}`)));
  app.onError((error, context) => {
    const { signal } = context.req.raw;
    const hasLeft = signal.aborted && error === signal.reason;
    if (!hasLeft && !(error instanceof ControlError)) onDefect(error);
    return failure(context, error);
  });
  return app;
}

type Until = (context: Context) => { signal: AbortSignal };

function addReading(app: Hono, { pool, until }: { pool: LocalClient; until: Until }): void {
  app.get("/views/:name", (context) => {
    const name = context.req.param("name");
    if (!isPoolViewName(name)) throw new ControlError(404, `there is no list ${name}`);
    const filter: ViewFilter = check(filterQuery, context.req.query());
    return context.body(pool.viewJson(name, filter), 200, { "content-type": "application/json" });
  });
  app.get("/dump", async (context) => context.json(await pool.dump()));
  app.get("/nodes/:id", async (context) => context.json(await pool.getNode(idOf(context))));
  app.get("/nodes/:id/metadata", async (context) => context.json(await pool.getNodeMetadata(idOf(context))));
  app.get("/inventory", async (context) => context.json(await pool.getInventory()));
  app.get("/aliens", async (context) => {
    const provider = context.req.query("provider") ?? null;
    return context.json(await pool.listAliens({ provider, ...until(context) }));
  });
  app.get("/alien-images", async (context) => {
    const provider = context.req.query("provider") ?? null;
    return context.json(await pool.listAlienImages({ provider, ...until(context) }));
  });
}

function addActing(app: Hono, pool: LocalClient): void {
  app.post("/nodes/hold", async (context) => {
    const { ids, ...options } = await body(context, holdBody);
    return context.json(await pool.holdNodes(ids, options));
  });
  app.post("/nodes/delete", async (context) => {
    const { ids, comment } = await body(context, deleteBody);
    return context.json(await pool.deleteNodes(ids, { comment }));
  });
  app.post("/nodes/release", async (context) => {
    const { ids, ...options } = await body(context, releaseBody);
    return context.json(await pool.releaseNodes(ids, options));
  });
  app.post("/jobs", async (context) => {
    return context.json(await pool.createJob(await body(context, jobBody)), 201);
  });
  app.post("/jobs/delete", async (context) => {
    return context.json(await pool.deleteJobs((await body(context, idsBody)).ids));
  });
  app.post("/requests", async (context) => {
    return context.json(await pool.createRequest(await body(context, requestBody)), 201);
  });
  app.post("/requests/:id/confirm", async (context) => {
    await pool.confirmGrant(idOf(context));
    return context.body(null, 204);
  });
  app.delete("/requests/:id", async (context) => {
    await pool.withdrawRequest(idOf(context));
    return context.body(null, 204);
  });
  app.post("/image-orders", async (context) => {
    return context.json(await pool.orderImages(await body(context, orderBody)), 201);
  });
  app.post("/images/delete", async (context) => {
    const { ids, comment } = await body(context, deleteBody);
    return context.json(await pool.deleteImages(ids, { comment }));
  });
  app.post("/dib-images/delete", async (context) => {
    const { ids, comment } = await body(context, deleteBody);
    return context.json(await pool.deleteDibImages(ids, { comment }));
  });
  app.post("/reload", async (context) => context.json(await pool.reload()));
}

/** These answer when it has happened; the client's leaving ends the wait. */
function addWaiting(app: Hono, { pool, until }: { pool: LocalClient; until: Until }): void {
  app.get("/nodes/:id/end", async (context) => {
    await pool.waitForEnd(idOf(context), until(context));
    return context.body(null, 204);
  });
  app.post("/image-orders/wait", async (context) => {
    const placed = await body(context, placedBody);
    return context.json(await pool.waitForOrders(placed, until(context)));
  });
  app.post("/state/adopt", async (context) => {
    const { dryRun } = await body(context, adoptBody);
    return context.json(await pool.adoptState({ dryRun, ...until(context) }));
  });
  app.get("/dib-images/:id/log", async (context) => {
    const log = await pool.followBuild(idOf(context), until(context));
    const asItComes = { "transfer-encoding": "chunked" };
    return context.body(log as ReadableStream<Uint8Array<ArrayBuffer>>, 200, asItComes);
  });
  app.get("/requests/:id/grant", async (context) => {
    return context.json(await pool.waitForGrant(idOf(context), until(context)));
  });
}

function idOf(context: Context): number {
  return check(pathId, context.req.param("id"));
}

async function body<Schema extends v.GenericSchema>(
  context: Context,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const input: unknown = await context.req.json().catch(() => {
    throw new ControlError(400, "the request's body is not JSON");
  });
  return check(schema, input);
}

function check<Schema extends v.GenericSchema>(schema: Schema, input: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => {
    const path = v.getDotPath(issue);
    return path === null ? issue.message : `${path}: ${issue.message}`;
  });
  throw new ControlError(400, problems.join("; "));
}

function failure(context: Context, error: Error): Response {
  const status = error instanceof ControlError ? error.status : 500;
  return context.json({ error: error.message, status }, status);
}
