/**
 * The status endpoint as an app: reads the pool's report, changes nothing, tells no secret (views leave them out).
 * GET and HEAD only. The daemon serves it with `serveSite`; tests call it in-process.
 */
import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { PoolReport } from "../domain/pool_report.ts";
import { SECOND } from "../domain/time.ts";
import { sendShared } from "../lib/http/send_shared.ts";
import { contentTag, poolLists, type PoolViewName } from "../views/view_pool.ts";
import { viewReadiness } from "../views/health.ts";
import { findNodeDetails, type NodeDetailsView, viewNodeMetadata } from "../views/node_details.ts";
import { renderNodeText } from "../views/node_facts.ts";
import { answer, contentTypes, LastModified, notModified, tagOf } from "./answer.ts";
import { addAssets } from "./add_assets.ts";
import { addDashboard } from "./dashboard/dashboard_page.ts";
import { addEvents } from "./add_events.ts";
import { addHealth, addMetrics } from "./add_monitoring.ts";
import { crossOrigin } from "./cross_origin.ts";
import { failureBody, SiteError } from "./failure_body.ts";
import { explanationBody } from "./explanation_page.ts";
import { historyBody } from "./history_body.ts";
import { listBody } from "./list_body.ts";
import { parametersOf, parseListQuery } from "./list_query.ts";
import { acceptedFormat, isListFormat, type ListFormat } from "./negotiate.ts";
import { RecentBodies } from "../views/recent_bodies.ts";
import type { SiteOptions, SiteParts } from "./site_options.ts";
import { renderNodePage } from "./node_page.ts";
import { type PageFrame, pageFrame } from "./page.ts";

export function createSite(options: SiteOptions): Hono {
  const app = new Hono();
  app.use(secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      scriptSrc: ["'self'"],
      connectSrc: ["'self'"],
      imgSrc: ["'self'", "data:"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
    referrerPolicy: "no-referrer",
    strictTransportSecurity: false,
  }));
  app.use(crossOrigin(() => options.allowOrigin()));
  const fail = (context: Context, error: Error) =>
    failure(context, error, () => pageFrame(options.report(), context.req.path));
  app.use(async (context, next) => {
    if (context.req.method === "GET" || context.req.method === "HEAD") return await next();
    context.header("allow", "GET, HEAD");
    return fail(context, new SiteError(405, "this endpoint is read-only: use GET or HEAD"));
  });
  const parts = { ...options, recent: new RecentBodies() };
  addDashboard(app, parts);
  addLists(app, parts);
  addNodes(app, options);
  addExplanations(app, options);
  addHistory(app, options);
  addEvents(app, options);
  addHealth(app, (how) => viewReadiness(options.report(), how));
  addMetrics(app, parts);
  addManual(app, options);
  addAssets(app);
  addOpenApi(app);
  app.notFound((context) => fail(context, new SiteError(404, `there is nothing at ${context.req.path}`)));
  app.onError((error, context) => {
    if (!(error instanceof SiteError)) options.onDefect(error);
    return fail(context, error);
  });
  return app;
}

function addLists(app: Hono, parts: SiteParts): void {
  const answerList = listAnswers(parts);
  for (const name of Object.keys(poolLists) as PoolViewName[]) {
    app.get(`/${name}`, (context) => answerList(context, { name, isRows: false }));
    // The rows of the status are for tables only.
    if (name === "status") continue;
    app.get(`/${name}.json`, (context) => answerList(context, { name, isRows: true }));
  }
}

/** @returns what answers with a list, or with its rows alone */
function listAnswers({ report, recent }: SiteParts) {
  const changes = new LastModified();
  return async (context: Context, { name, isRows }: { name: PoolViewName; isRows: boolean }) => {
    const url = new URL(context.req.url);
    const accept = isRows ? "application/json" : context.req.header("accept");
    const query = parseListQuery(poolLists[name], { query: url.searchParams, accept });
    const { format, filter } = query;
    if (isRows && format !== "json") throw new SiteError(400, `${url.pathname} is available only as JSON`);
    const now = report();
    const question = `${format} ${url.pathname}${url.search}`;
    const content = contentTag(now, { name, filter });
    const make = () =>
      recent.get(question, { tag: content, now: now.now }, async () => {
        const body = await listBody(now, { name, query, isRows });
        return { body, tag: format === "json" ? content : tagOf(body) };
      });
    // JSON is tagged before it is made: a client that asks every second mostly has it already.
    const made = format === "json" ? null : await make();
    const tag = made?.tag ?? content;
    const change = changes.of(question, { tag, now: Math.floor((now.now + now.wallOffset) / SECOND) });
    return notModified(context, tag, change) ??
      sendShared(context, { type: contentTypes[format], bytes: (made ?? await make()).body });
  };
}

function addNodes(app: Hono, options: SiteOptions): void {
  app.on("GET", ["/nodes/:id{\\d{1,15}}", "/history/:id{\\d{1,15}}"], async (context) => {
    const view = await findNode(Number(context.req.param("id")), options);
    const format = nodeFormat(context);
    const { path } = context.req;
    return answer(context, format, renderNode(view, { format, path, report: options.report() }));
  });
  app.get("/nodes/:id{\\d{1,15}}/metadata", async (context) => {
    const { node } = await findNode(Number(context.req.param("id")), options);
    const metadata = viewNodeMetadata(node, options.report().installation.id);
    return answer(context, "json", JSON.stringify(metadata));
  });
}

async function findNode(id: number, { report, history }: SiteOptions): Promise<NodeDetailsView> {
  const found = await findNodeDetails(id, { report: report(), history });
  if (found !== null) return found;
  throw new SiteError(404, `there is no node ${id}, and no record of one`);
}

function addExplanations(app: Hono, { report, history }: SiteOptions): void {
  app.get("/explain/:name{.+}", async (context) => {
    const [now, name, format] = [report(), context.req.param("name"), nodeFormat(context)];
    const frame = pageFrame(now, context.req.path);
    return answer(context, format, await explanationBody(now, { name, format, history, frame }));
  });
}

/** The same queries as the command `history`. */
function addHistory(app: Hono, options: SiteOptions): void {
  app.get("/history", async (context) => {
    const accept = context.req.header("accept");
    const pool = { history: options.history, report: options.report() };
    const { body, format } = await historyBody(new URL(context.req.url).searchParams, { accept, ...pool });
    return answer(context, format, body);
  });
}

/** @throws SiteError (400) for another parameter than the format */
function nodeFormat(context: Context): ListFormat {
  const { format: asked } = parametersOf(new URL(context.req.url).searchParams, ["format"]);
  if (asked === undefined) {
    const accepted = acceptedFormat(context.req.header("accept"));
    // One thing is no table.
    return accepted === "csv" ? "text" : accepted;
  }
  if (isListFormat(asked) && asked !== "csv" && asked !== "wide") return asked;
  throw new SiteError(400, `there is no format ${asked} here: use text, json or html`);
}

function renderNode(
  view: NodeDetailsView,
  { format, path, report }: { format: ListFormat; path: string; report: PoolReport },
): string {
  if (format === "json") return JSON.stringify(view);
  if (format !== "html") return renderNodeText(view);
  const requests = new Set(report.requests.map(({ id }) => id));
  return renderNodePage(view, { frame: pageFrame(report, path), requests });
}

/**
 * Loaded when somebody reads it. Plain `curl` gets Markdown, as does a name with `.md` at its end. A section is a text
 * of its own in Markdown; in HTML its name leads to its place in the topic.
 */
function addManual(app: Hono, { report }: SiteOptions): void {
  app.get("/manual", async (context) => {
    const { manualListPage } = await import("./manual_page.ts");
    const form = manualForm(context);
    return answer(context, form, manualListPage({ form, frame: pageFrame(report(), context.req.path) }));
  });
  app.get("/manual/:topic{[\\w-]+(?:\\.md)?}", async (context) => {
    const { findManualPage, manualTopicPage } = await import("./manual_page.ts");
    const asked = context.req.param("topic");
    const name = asked.replace(/\.md$/, "");
    const { topic, section } = findManualPage(name);
    const form = manualForm(context);
    if (name !== asked || form === "markdown") return answer(context, "markdown", (section ?? topic).text);
    if (section === null) {
      return answer(context, "html", manualTopicPage(topic, pageFrame(report(), context.req.path)));
    }
    context.header("vary", "accept");
    return context.redirect(`/manual/${topic.name}#${section.names[0]}`);
  });
}

/** All of this for programs. Loaded when one asks for it. */
function addOpenApi(app: Hono): void {
  app.get("/openapi.json", async (context) => {
    const { openApiDocument } = await import("./openapi/openapi_document.ts");
    return answer(context, "json", JSON.stringify(openApiDocument()));
  });
}

function manualForm(context: Context): "html" | "markdown" {
  const { format: asked } = parametersOf(new URL(context.req.url).searchParams, ["format"]);
  if (asked === "html" || asked === "markdown") return asked;
  if (asked !== undefined) throw new SiteError(400, `the manual has no format ${asked}: html, markdown`);
  return acceptedFormat(context.req.header("accept")) === "html" ? "html" : "markdown";
}

/** @param error any but a SiteError is our own fault, and says nothing to who asked */
function failure(context: Context, error: Error, frame: () => PageFrame): Response {
  const status = error instanceof SiteError ? error.status : 500;
  const message = error instanceof SiteError ? error.message : "cannot create the response; see the log";
  const { type, body } = failureBody(context.req.header("accept"), { status, message, frame });
  return context.body(body, status, { "content-type": type, "cache-control": "no-store", "vary": "accept" });
}
