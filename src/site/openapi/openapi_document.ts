/** `/openapi.json`: the status endpoint as an OpenAPI 3.1 document, for generating clients and checking answers. */
import type { JsonSchema } from "@valibot/to-json-schema";
import { VERSION } from "../../lib/build_info.ts";
import { answerSchemas } from "./answer_schemas.ts";
import { type Shape, type SiteRoute, siteRoutes } from "./site_routes.ts";

const description =
  "What a pool has and does, for programs and people. All of it is read-only; HEAD is answered as " +
  "GET is, other methods with 405. The Accept header chooses the form of an answer. New keys may be added to " +
  "objects, and new words where examples are given: ignore those that you do not know. Times are ISO 8601 in UTC, " +
  "ages and durations seconds; what is not known or does not apply is null.";

export function openApiDocument(): object {
  return {
    openapi: "3.1.1",
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    info: {
      title: "Status endpoint of nodepool",
      description,
      version: VERSION,
      license: { name: "Apache 2.0", identifier: "Apache-2.0" },
    },
    externalDocs: { description: "The keys one by one", url: "/manual/json" },
    servers: [{ url: "/" }],
    // It asks for no password.
    security: [],
    paths: Object.fromEntries(siteRoutes.map((route) => [route.path, { get: operation(route) }])),
    components: {
      schemas: { ...answerSchemas(), Document: { type: "object" } },
      responses: Object.fromEntries(
        Object.entries(responses).map(([status, response]) => [`Status${status}`, response]),
      ),
    },
  };
}

function operation(route: SiteRoute): object {
  const { path, summary, parameters = [], content, statuses = [], isReadiness } = route;
  return {
    operationId: operationId(path),
    summary,
    parameters,
    responses: {
      200: { description: summary, headers: headersOf(route), content: contentOf(content) },
      ...Object.fromEntries(
        [...statuses, ...(ownPaths.includes(path) ? [] : [307]), 405, 421, 500, 503].map((status) => [
          status,
          { $ref: `#/components/responses/Status${status}` },
        ]),
      ),
      ...(isReadiness
        ? { 503: { description: "It cannot, or not now", content: contentOf({ ...content, ...unready }) } }
        : {}),
    },
  };
}

/** Of these a standby has its own, too. */
const ownPaths = ["/healthz", "/readyz", "/metrics"];

/** `/nodes/{id}/metadata`: `getNodesIdMetadata`. */
function operationId(path: string): string {
  const words = path.match(/[A-Za-z]+/g) ?? ["overview"];
  return `get${words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("")}`;
}

function contentOf(content: SiteRoute["content"]): object {
  return Object.fromEntries(
    Object.entries(content).map(([type, shape]) => [type, { schema: schemaOf(shape) }]),
  );
}

function schemaOf(shape: Shape): JsonSchema {
  if (shape === null) return { type: "string" };
  return "rows" in shape ? { type: "array", items: oneOf(shape.rows) } : oneOf(shape.is);
}

function oneOf(names: readonly string[]): JsonSchema {
  const [first, ...others] = names.map((name) => ({ $ref: `#/components/schemas/${name}` }));
  return others.length === 0 ? first! : { anyOf: [first!, ...others] };
}

/** A server with too much to do does not come to ask whether the pool is ready. */
const unready = { "application/json": { is: ["Readiness", "Error"] } };

function headersOf({ parameters = [], statuses = [] }: SiteRoute): object {
  const isDated = parameters.some(({ name }) => name === "If-Modified-Since");
  return {
    ...(statuses.includes(304) ? { ETag: header("Changes with the contents") } : {}),
    ...(isDated ? { "Last-Modified": header("When the contents last changed, apart from ages") } : {}),
  };
}

function header(description: string): object {
  return { description, schema: { type: "string" } };
}

const error = { "application/json": { is: ["Error"] } };
const failure = { content: contentOf({ "text/plain": null, ...error, "text/html": null }) };

const responses = {
  302: {
    description: "For browsers: the section's place in its topic",
    headers: { Location: header("Its address") },
  },
  304: { description: "The client has it already" },
  307: {
    description: "On a standby: where the machine that leads answers this",
    headers: { Location: header("Its address") },
  },
  400: {
    description: "A parameter is unknown, or cannot have this value: the message says what it can be",
    ...failure,
  },
  404: { description: "There is no such thing", ...failure },
  405: { description: "Another method than GET and HEAD", headers: { Allow: header("Both") }, ...failure },
  410: { description: "The node is gone: the message says since when", ...failure },
  421: { description: "Asked on loopback by a name that is not this machine's", ...failure },
  500: { description: "A fault of the program: see its log", ...failure },
  503: {
    description: "Too many requests at once, or a standby that knows no leader: try again later",
    ...failure,
  },
};
