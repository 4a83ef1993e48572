import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { PoolReport } from "../../src/domain/pool_report.ts";
import { openApiDocument } from "../../src/site/openapi/openapi_document.ts";
import { serveSite } from "../../src/site/serve_site.ts";
import { eventFrame, viewEvent } from "../../src/views/events.ts";
import { sampleDibImage, sampleImage, sampleOrder } from "../views/sample_images.ts";
import { sampleMachines } from "../views/sample_machines.ts";
import { NOW, sampleDaemon, sampleNode, sampleReport } from "../views/sample_pool.ts";
import { type OpenSite, openSite } from "./open_site.ts";

interface Parameter {
  readonly name: string;
  readonly in: "query" | "path" | "header";
  readonly schema: {
    readonly type: string;
    readonly enum?: string[];
    readonly examples?: string[];
    readonly items?: { readonly enum: string[] };
  };
}

interface Answer {
  readonly content?: Record<string, unknown>;
}

interface Document {
  readonly paths: Record<string, {
    readonly get: {
      readonly parameters: Parameter[];
      readonly responses: Record<string, Answer | { $ref: string }>;
    };
  }>;
  readonly components: { readonly responses: Record<string, Answer> };
}

const document = JSON.parse(JSON.stringify(openApiDocument())) as Document;
const routes = Object.entries(document.paths).map(([path, { get }]) => ({ path, ...get }));

/** As the document, but nothing is left open: a key, or a word, that it does not tell is wrong. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (value === null || typeof value !== "object") return value;
  const parts = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, closed(part)]));
  const isSchema = parts.type === "object" && parts.properties !== undefined;
  const words = parts.type === "string" ? parts.examples : undefined;
  return {
    ...parts,
    ...(isSchema && { additionalProperties: false }),
    ...(words !== undefined && { enum: words }),
  };
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema(closed(document) as object, "openapi");

/** What is wrong with a value, by the schema at a place in the document. */
function problemsOf(value: unknown, place: readonly (string | number)[]): string | null {
  const pointer = place.map((key) => String(key).replaceAll("~", "~0").replaceAll("/", "~1")).map(
    encodeURIComponent,
  );
  const validate = ajv.getSchema(`openapi#/${pointer.join("/")}`)!;
  return validate(value) ? null : ajv.errorsText(validate.errors);
}

/** Says where an answer is not what the document says of it. */
async function check(
  response: Response,
  { path, isPicked = false, place = ["paths", path, "get"] }: {
    path: string;
    isPicked?: boolean;
    place?: string[];
  },
): Promise<void> {
  const told = placeOf(document, [...place, "responses", String(response.status)]);
  assert.ok(told, `${path}: ${response.status} is not described`);
  const { content = {} } = told.value as Answer;
  const type = response.headers.get("content-type")?.split(";")[0];
  const text = await response.text();
  if (type === undefined) return assert.deepEqual([text, Object.keys(content)], ["", []], path);
  assert.ok(type in content, `${path}: ${response.status} in ${type} is not described`);
  if (type !== "application/json") return;
  const schema = [...told.place, "content", type, "schema"];
  const { value } = placeOf(document, schema)! as { value: { anyOf?: unknown; items?: { anyOf?: unknown } } };
  // Of a list: without `fields`, a whole one is meant.
  const whole = value.anyOf ? ["anyOf", "0"] : value.items?.anyOf ? ["items", "anyOf", "0"] : [];
  const isList = response.status === 200 && whole.length > 0 && !isPicked;
  const answer = JSON.parse(text);
  const values = isList && whole[0] === "items" ? answer : [answer];
  for (const one of values) {
    assert.equal(problemsOf(one, isList ? [...schema, ...whole] : schema), null, path);
  }
}

/** What is at a place, and its own one where that refers to another. */
function placeOf(
  root: unknown,
  place: readonly string[],
): { value: object; place: readonly string[] } | null {
  const value = place.reduce((at, key) => (at as Record<string, unknown> | undefined)?.[key], root);
  if (value === undefined) return null;
  const { $ref } = value as { $ref?: string };
  if ($ref === undefined || !$ref.includes("/responses/")) return { value: value as object, place };
  return placeOf(root, $ref.split("/").slice(1));
}

const pools: Readonly<Record<string, PoolReport>> = {
  empty: sampleReport({
    nodes: [],
    requests: [],
    jobs: [],
    pauses: [],
    labels: [],
    providers: [],
    config: null,
  }),
  small: sampleReport({ dibImages: [sampleDibImage({ id: 1 })], images: [sampleImage({ id: 1 })] }),
  troubled: troubled(),
};

function troubled(): PoolReport {
  const report = sampleReport();
  const [first, second] = report.providers;
  const waitingOn = { reason: "saving", message: "the image is queued", since: NOW } as const;
  const stats = { ...first!.stats!, lastError: { at: NOW, message: "timeout" } };
  const foreign = { serverId: "s9", hostname: "noble-cloud-a-9", nodeId: 9, run: "r2" };
  const [alive, retired] = report.config!.providers;
  return {
    ...report,
    machines: sampleMachines(),
    daemon: sampleDaemon({
      accepting: false,
      configProblems: ["nodepool.yaml:3:1: labels: unknown key lable"],
    }),
    config: { ...report.config!, providers: [alive!, { ...retired!, maxServers: -1 }] },
    providers: [{ ...first!, stats, foreign: [foreign], frozen: "another daemon" }, second!],
    nodes: [...report.nodes, sampleNode({ id: 10, role: "subnode", parentId: 2 })],
    dibImages: [sampleDibImage({ id: 1, waitingOn })],
    images: [sampleImage({ id: 1, waitingOn })],
    orders: [sampleOrder({ orderedAt: NOW - 60_000 })],
  };
}

function openPool(name: string): OpenSite {
  const site = openSite(pools[name]!);
  const evidence = {
    at: NOW,
    error: "no login",
    kind: "ssh",
    requestId: null,
    fault: null,
    console: "panic",
  } as const;
  site.history = [
    { node: sampleNode({ id: 90, result: "failed", deletedBy: "failure", evidence }), endedAt: NOW - 1_000 },
    { node: sampleNode({ id: 89, result: "used", deletedBy: "job", job: "docs" }), endedAt: NOW - 60_000 },
  ];
  return site;
}

/** Addresses of a route: its own names for what stands in the path. */
function addressesOf(path: string): readonly string[] {
  const names: Record<string, readonly string[]> = {
    "/nodes/{id}": ["1", "3", "4", "5", "6", "10", "90", "99"],
    "/nodes/{id}/metadata": ["1", "90", "99"],
    "/history/{id}": ["1", "89", "90", "99"],
    "/explain/{name}": [
      "noble",
      "jammy",
      "cloud-a",
      "cloud-b",
      "1",
      "request:8",
      "image:noble",
      "node:6",
      "90",
      "nobody",
    ],
    "/manual/{topic}": ["concepts", "quota", "concepts.md", "qouta"],
  };
  return names[path]?.map((name) => path.replace(/\{\w+\}/, name)) ?? [path];
}

/** Values that a parameter can have. */
function valuesOf({ name, schema }: Parameter): readonly string[] {
  if (schema.items !== undefined) return [...schema.items.enum, schema.items.enum.join(",")];
  const values: Record<string, string[]> = {
    "If-None-Match": ["*", '"other"'],
    "If-Modified-Since": [new Date(NOW).toUTCString(), new Date(NOW - 60_000).toUTCString()],
    strict: [""],
  };
  return schema.enum ?? schema.examples ?? values[name] ??
    (schema.type === "integer" ? ["1", "6", "999"] : ["noble", "cloud-a"]);
}

Deno.test("/openapi.json is an OpenAPI 3.1 document", async () => {
  const response = await openSite().get("/openapi.json");
  assert.equal(response.headers.get("content-type"), "application/json");
  const { valid, errors } = await new Validator().validate(await response.json());
  assert.deepEqual([valid, errors], [true, undefined]);
});

Deno.test("/openapi.json describes every route, and none besides", () => {
  const own = openSite().routes.filter((route) => route.startsWith("GET /"))
    .map((route) => route.slice("GET ".length).replaceAll(/:(\w+)(\{(?:[^{}]|\{[^}]*\})*\})?/g, "{$1}"));
  assert.deepEqual([...new Set(own)].sort(), Object.keys(document.paths).sort());
});

for (const pool of Object.keys(pools)) {
  Deno.test(
    `every route of an ${pool} pool answers what /openapi.json says, in every form`.replace("an s", "a s")
      .replace("an t", "a t"),
    async () => {
      const site = openPool(pool);
      for (const { path, responses, parameters } of routes) {
        const types = Object.keys((responses["200"] as Answer).content!);
        for (const address of addressesOf(path)) {
          for (const accept of [...types, "*/*", "text/csv"]) {
            const response = await site.get(address, { accept });
            if (response.status === 200 && types.includes(accept) && !address.endsWith(".md")) {
              assert.equal(response.headers.get("content-type")?.split(";")[0], accept, address);
            }
            await check(response, { path });
          }
          for (const parameter of parameters.filter((one) => one.in !== "path")) {
            for (const value of valuesOf(parameter)) await askWith(site, { path, address, parameter, value });
          }
        }
      }
    },
  );
}

async function askWith(
  site: OpenSite,
  { path, address, parameter, value }: { path: string; address: string; parameter: Parameter; value: string },
): Promise<void> {
  const isHeader = parameter.in === "header";
  const query = isHeader ? "" : `?${new URLSearchParams({ [parameter.name]: value })}`;
  const headers = { accept: "application/json", ...(isHeader ? { [parameter.name]: value } : {}) };
  const response = await site.get(address + query, headers);
  assert.notEqual(response.status, 400, `${address}${query} with ${JSON.stringify(headers)}`);
  await check(response, { path, isPicked: parameter.name === "fields" });
}

const forms = ["application/json", "text/plain", "text/html", "*/*"];

Deno.test("errors are what /openapi.json says, on every route and in every form", async () => {
  const site = openPool("small");
  for (const { path, responses, parameters } of routes) {
    const address = addressesOf(path)[0]!;
    for (const accept of forms) {
      for (const method of ["POST", "DELETE", "OPTIONS"]) {
        const response = await site.get(address, { accept }, method);
        assert.deepEqual([response.status, response.headers.get("allow")], [405, "GET, HEAD"], path);
        await check(response, { path });
      }
      if (!("400" in responses)) continue;
      const queries = parameters.filter((one) => one.in === "query");
      for (const query of ["bogus=1", ...queries.filter(hasWrongValues).map(({ name }) => `${name}=%00`)]) {
        const response = await site.get(`${address}?${query}`, { accept });
        if (path.startsWith("/manual") && query === "bogus=1") continue;
        assert.equal(response.status, 400, `${address}?${query}`);
        await check(response, { path });
      }
    }
  }
});

Deno.test("the parameters that a route says it knows are those of /openapi.json", async () => {
  const site = openPool("small");
  let checked = 0;
  for (const { path, parameters } of routes) {
    const response = await site.get(`${addressesOf(path)[0]}?bogus=1`);
    const [, known] = (await response.text()).match(/there is no parameter bogus here; known: (.*)\n/) ?? [];
    if (known === undefined) continue;
    checked++;
    const told = parameters.filter((one) => one.in === "query").map(({ name }) => name);
    assert.deepEqual(told.sort(), known.split(", ").sort(), path);
  }
  assert.ok(checked > 15, `of ${checked} routes`);
});

function hasWrongValues({ name, schema }: Parameter): boolean {
  return schema.enum !== undefined || schema.type !== "string" || name === "since" || name === "until";
}

Deno.test("a fault of the program answers as /openapi.json says", async () => {
  const faults: unknown[] = [];
  const site = openSite(sampleReport(), (fault) => faults.push(fault));
  site.report = { ...site.report, nodes: null as never };
  for (const accept of forms) {
    const response = await site.get("/nodes/1", { accept });
    assert.equal(response.status, 500);
    await check(response, { path: "/nodes/{id}" });
  }
  assert.equal(faults.length, forms.length);
});

Deno.test("another name than this machine's is refused as /openapi.json says", async () => {
  const site = { fetch: () => new Response() };
  await using served = serveSite(site, { listen: [{ hostname: "127.0.0.1", port: 0 }] });
  const [url] = served.urls;
  const { stdout } = await new Deno.Command("curl", {
    args: ["-sSi", "-H", "Host: evil.example.org", `${url}/node-list`],
  }).output();
  const [head = "", body = ""] = new TextDecoder().decode(stdout).split("\r\n\r\n");
  assert.match(head, /^HTTP\/1\.1 421 /);
  const headers = { "content-type": head.match(/^content-type: (.*?)\r?$/im)![1]! };
  await check(new Response(body, { status: 421, headers }), { path: "/node-list" });
});

Deno.test("the data of /events is the Event of /openapi.json", () => {
  const event = { id: 1, at: NOW, kind: "node.ready", labels: { provider: "a" }, message: "" } as const;
  const frame = eventFrame(
    viewEvent({ ...event, subject: { type: "node", id: 1, name: "a" } }, { wallOffset: 0 }),
  );
  const data = JSON.parse(frame.match(/^data: (.*)$/m)![1]!);
  assert.equal(problemsOf(data, ["components", "schemas", "Event"]), null);
});

Deno.test("a key that /openapi.json does not tell would be found, wherever it is", () => {
  const place = ["components", "schemas", "Error"];
  assert.equal(problemsOf({ error: "x", status: 400 }, place), null);
  assert.match(problemsOf({ error: "x", status: 400, more: 1 }, place)!, /additional properties/);
  assert.match(problemsOf({ error: "x" }, place)!, /required property 'status'/);
});
