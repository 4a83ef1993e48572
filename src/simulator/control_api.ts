/**
 * `/_simulator`: what a test or a person asks the simulator itself, not its clouds. Needs no token; not in the
 * journal.
 *
 *     GET    /_simulator/state               counts of each cloud
 *     GET    /_simulator/journal?since=N     requests after number N
 *     GET    /_simulator/faults              rules in force, and the catalogue
 *     POST   /_simulator/faults              arms a rule (times in seconds)
 *     DELETE /_simulator/faults[/ID]         disarms one, or all
 *     POST   /_simulator/tokens/revoke       ends every token
 *     POST   /_simulator/servers/ID/vanish   the server is gone at once
 *     GET    /_simulator/quirks              the personalities and quirks that a cloud can have
 *     PATCH  /_simulator/clouds/NAME         changes `quotas` (-1: none), `foreign-use` (what others in the project use),
 *                                            `personality` and `quirks`
 */
import { type Context, Hono } from "hono";
import * as v from "valibot";
import type { ApiAnswer } from "./answer.ts";
import type { CloudState } from "./cloud_state.ts";
import type { ApiRequest } from "./exchange.ts";
import { faultCatalogue } from "./fault_catalogue.ts";
import type { ArmedFault } from "./fault.ts";
import { mannerProblems, personalities, quirkTable } from "./quirk_table.ts";
import { faultRuleFromFile } from "./settings_file.ts";
import type { Simulator } from "./simulator.ts";

export type ControlApi = (request: ApiRequest) => Promise<ApiAnswer>;

export function controlApi(simulator: Simulator): ControlApi {
  const app = new Hono().basePath("/_simulator");
  app.get("/state", (c) => c.json(stateOf(simulator)));
  app.get("/journal", (c) => {
    const since = Number(c.req.query("since") ?? 0);
    return c.json({ count: simulator.journal.count, rows: simulator.journal.rows({ since }) });
  });
  app.get("/faults", (c) => c.json({ armed: simulator.faults.map(shownFault), catalogue: catalogue() }));
  app.post("/faults", (c) => armFault(c, simulator));
  app.delete("/faults/:id?", (c) => {
    const id = c.req.param("id");
    return c.json({ disarmed: simulator.disarm(id === undefined ? undefined : Number(id)) });
  });
  app.get("/quirks", (c) => {
    return c.json({ personalities, quirks: quirkTable.map(({ name, about }) => ({ name, about })) });
  });
  app.post("/tokens/revoke", (c) => {
    for (const cloud of simulator.clouds.values()) cloud.tokens.revokeAll();
    return c.json({});
  });
  app.post("/servers/:id/vanish", (c) => vanish(c, simulator));
  app.patch("/clouds/:name", (c) => changeCloud(c, simulator));
  app.notFound((c) => c.json({ error: `the simulator has no control route ${c.req.path}` }, 404));
  return async ({ method, url, headers, body }) => {
    const response = await app.fetch(new Request(url, { method, headers, body }));
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    };
  };
}

function stateOf({ clouds, journal, faults }: Simulator) {
  return {
    requests: journal.count,
    faults: faults.map(shownFault),
    clouds: Object.fromEntries([...clouds].map(([name, cloud]) => [name, cloudCounts(cloud)])),
  };
}

function cloudCounts(cloud: CloudState) {
  cloud.now();
  return {
    servers: cloud.servers.counts(),
    images: cloud.images.counts(),
    use: cloud.use(),
    ports: cloud.network.ports.size,
    floatingIps: cloud.network.floatingIps.size,
    keypairs: cloud.keypairs.size,
    personality: cloud.settings.personality,
    quirks: cloud.quirks.map(({ name }) => name),
  };
}

function shownFault({ id, rule, fault, seen, struck }: ArmedFault) {
  return { id, title: fault.title, rule, seen, struck };
}

function catalogue() {
  return [...faultCatalogue.values()].map(({ number, title, operations }) => ({ number, title, operations }));
}

async function armFault(c: Context, simulator: Simulator): Promise<Response> {
  try {
    return c.json(shownFault(simulator.arm(faultRuleFromFile(await c.req.json()))), 201);
  } catch (error) {
    return c.json({ error: (error as Error).message }, 400);
  }
}

const count = v.optional(v.pipe(v.number(), v.integer(), v.minValue(-1)));
const cloudChange = v.strictObject({
  quotas: v.optional(v.strictObject({
    instances: count,
    cores: count,
    ram: count,
    keypairs: count,
    "floating-ips": count,
    ports: count,
  })),
  "foreign-use": v.optional(v.strictObject({ instances: count, cores: count, ram: count })),
  personality: v.optional(v.nullable(v.string())),
  quirks: v.optional(v.array(v.string())),
});

async function changeCloud(c: Context, { clouds }: Simulator): Promise<Response> {
  const cloud = clouds.get(c.req.param("name") ?? "");
  if (cloud === undefined) return c.json({ error: `there is no cloud ${c.req.param("name")}` }, 404);
  const change = v.safeParse(cloudChange, await c.req.json().catch(() => null));
  const problems = change.success
    ? mannerProblems({ personality: null, quirks: [], ...change.output })
    : change.issues.map((issue) => ({ path: [v.getDotPath(issue) ?? "body"], message: issue.message }));
  if (!change.success || problems.length > 0) {
    const told = problems.map(({ path, message }) => `${path.join(".")}: ${message}`);
    return c.json({ error: `the cloud cannot be changed: ${told.join("; ")}` }, 400);
  }
  const { quotas: { "floating-ips": floatingIps, ...quotas } = {}, "foreign-use": foreignUse, ...manner } =
    change.output;
  try {
    cloud.adopt(manner);
  } catch (error) {
    return c.json({ error: `the cloud cannot be changed: ${(error as Error).message}` }, 409);
  }
  Object.assign(cloud.quotas, quotas, floatingIps === undefined ? {} : { floatingIps });
  Object.assign(cloud.foreignUse, foreignUse);
  return c.json({ quotas: cloud.quotas, ...cloudCounts(cloud) });
}

function vanish(c: Context, { clouds }: Simulator): Response {
  const id = c.req.param("id");
  for (const cloud of clouds.values()) {
    const now = cloud.now();
    const server = cloud.servers.standing().find((one) => one.id === id);
    if (server === undefined) continue;
    cloud.endServer(server, now);
    return c.json({ id });
  }
  return c.json({ error: `there is no server ${id}` }, 404);
}
