/**
 * The status endpoint of a standby: it lives, it is not ready, and it redirects all other requests to the machine that
 * leads. HAProxy and anything else that looks at `/readyz` understands that. The daemon serves it until it leads
 * itself.
 */
import { type Context, Hono } from "hono";
import { seeManual } from "../domain/see_manual.ts";
import { addHealth } from "./add_monitoring.ts";
import { bareFailure } from "./failure_body.ts";
import { prefersOpenMetrics } from "./negotiate.ts";
import { namesThisMachine } from "./serve_site.ts";
import type { Scraped } from "./site_options.ts";

interface StandbySiteOptions {
  /** Who leads as far as this machine knows; null: nobody does. */
  leader(): { readonly host: string; readonly status: string | null } | null;
  /** Why this machine knows no better, such as that etcd does not answer; null or left out: it does. */
  problem?(): string | null;
  readonly self: { readonly host: string };
  /** This machine's own metrics, which say that it does not lead. */
  scrape(how: { isOpenMetrics: boolean }): Promise<Scraped>;
}

export function createStandbySite(options: StandbySiteOptions): Hono {
  const app = new Hono();
  addHealth(app, () => ({ ready: false, reasons: [standing(options)] }));
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

/** To the same address at the leader; methods stay what they are. */
function elsewhere(context: Context, options: StandbySiteOptions): Response {
  const address = addressOfLeader(options);
  if ("unknown" in address) {
    const accept = context.req.header("accept");
    return bareFailure(accept, {
      status: 503,
      message: address.unknown,
      title: options.self.host,
      base: "/",
    });
  }
  const { pathname, search } = new URL(context.req.url);
  context.header("cache-control", "no-store");
  return context.redirect(`${address.origin}${pathname}${search}`, 307);
}

/** `unknown`: why the leader has no address for clients of this machine; for people. */
function addressOfLeader(
  options: StandbySiteOptions,
): { readonly origin: string } | { readonly unknown: string } {
  const leader = options.leader();
  if (leader === null) {
    return { unknown: `this machine is a ${standing(options)}; ${seeManual("no-leader")}` };
  }
  const { host, status } = leader;
  if (status === null) {
    return { unknown: `this machine is a standby, and ${host} leads without a status endpoint` };
  }
  const url = new URL(status);
  // What listens everywhere can be reached by the machine's name.
  if (["0.0.0.0", "[::]"].includes(url.hostname)) url.hostname = host;
  if (!namesThisMachine(url.hostname) || host === options.self.host) return url;
  return {
    unknown:
      `this machine is a standby, and the status endpoint of ${host}, which leads, answers there only: ` +
      "set `listen` under `status`",
  };
}
