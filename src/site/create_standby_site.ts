/**
 * The status endpoint of a standby: it lives, it is not ready, and it redirects all other requests to the machine that
 * leads. HAProxy and anything else that looks at `/readyz` understands that. The daemon serves it until it leads
 * itself.
 */
import { type Context, Hono } from "hono";
import { seeManual } from "../domain/see_manual.ts";
import type { MetricsRoute } from "./add_metrics.ts";
import { failureBody } from "./failure_body.ts";
import { acceptedFormat, prefersOpenMetrics } from "./negotiate.ts";

interface StandbySiteOptions {
  /** Who leads as far as this machine knows; null: nobody does. */
  leader(): { readonly host: string; readonly status: string | null } | null;
  /** Why this machine knows no better, such as that etcd does not answer; null or left out: it does. */
  problem?(): string | null;
  readonly self: { readonly host: string };
  /** This machine's own metrics, which say that it does not lead. */
  scrape(how: { isOpenMetrics: boolean }): ReturnType<MetricsRoute["scrape"]>;
}

export function createStandbySite(options: StandbySiteOptions): Hono {
  const app = new Hono();
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.get("/readyz", (context) => unready(context, standing(options)));
  app.get("/metrics", async (context) => {
    const isOpenMetrics = prefersOpenMetrics(context.req.header("accept"));
    const { contentType, body } = await options.scrape({ isOpenMetrics });
    return context.body(body, 200, { "content-type": contentType, vary: "accept" });
  });
  app.all("*", (context) => elsewhere(context, options));
  return app;
}

/** A line: what this machine is. */
function standing({ leader, problem }: StandbySiteOptions): string {
  const trouble = problem?.() ?? null;
  const behind = leader();
  const who = behind === null ? "standby, and no machine leads" : `standby behind ${behind.host}`;
  return trouble === null ? who : `${who}: ${trouble}`;
}

function unready(context: Context, reason: string): Response {
  context.header("cache-control", "no-cache");
  context.header("vary", "accept");
  if (acceptedFormat(context.req.header("accept")) === "json") {
    return context.json({ ready: false, reasons: [reason] }, 503);
  }
  return context.body(`${reason}\n`, 503, { "content-type": "text/plain; charset=utf-8" });
}

/** To the same address at the leader; methods stay what they are. */
function elsewhere(context: Context, options: StandbySiteOptions): Response {
  const address = addressOfLeader(options);
  if (address instanceof Unknown) return failure(context, address.message, options);
  const { pathname, search } = new URL(context.req.url);
  context.header("cache-control", "no-store");
  return context.redirect(`${address}${pathname}${search}`, 307);
}

/** Why the leader has no address for clients of this machine; for people. */
class Unknown {
  constructor(readonly message: string) {}
}

function addressOfLeader(options: StandbySiteOptions): string | Unknown {
  const leader = options.leader();
  if (leader === null) {
    return new Unknown(`this machine is a ${standing(options)}; ${seeManual("no-leader")}`);
  }
  const { host, status } = leader;
  if (status === null) {
    return new Unknown(`this machine is a standby, and ${host} leads without a status endpoint`);
  }
  const url = new URL(status);
  // What listens everywhere can be reached by the machine's name.
  if (isEverywhere(url.hostname)) url.hostname = host;
  if (!isLoopback(url.hostname) || host === options.self.host) return url.origin;
  return new Unknown(
    `this machine is a standby, and the status endpoint of ${host}, which leads, answers there only: ` +
      "set `listen` under `status`",
  );
}

function isEverywhere(hostname: string): boolean {
  return hostname === "0.0.0.0" || hostname === "[::]";
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}

function failure(context: Context, message: string, { self }: StandbySiteOptions): Response {
  const { type, body } = failureBody(context.req.header("accept"), {
    status: 503,
    message,
    frame: () => ({ title: self.host, version: null, at: null, path: "" }),
    base: "/",
  });
  return context.body(body, 503, {
    "content-type": type,
    "cache-control": "no-store",
    "vary": "accept",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
  });
}
