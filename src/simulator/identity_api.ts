/** Keystone v3, as far as a client of a project needs it: tokens, the catalog, the project itself. */
import { ApiBuilder, type ApiContext, type Strikes } from "./api.ts";
import { type ApiAnswer, ApiRefusal, emptyAnswer, found, isoMicroseconds, jsonAnswer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import { nameId } from "./stock.ts";
import type { SimulatedToken } from "./tokens.ts";

export function identityApi(context: ApiContext): ApiBuilder {
  const open = { open: true };
  return new ApiBuilder("identity", context)
    .on("GET /", "version.list", (exchange) => versions(exchange), open)
    .on("GET /v3", "version.show", (exchange) => jsonAnswer(200, { version: version(exchange) }), open)
    .on("POST /v3/auth/tokens", "token.create", createToken, open)
    .on("GET /v3/auth/tokens", "token.show", showToken)
    .on("DELETE /v3/auth/tokens", "token.delete", revokeToken)
    .on("GET /v3/auth/projects", "project.list", listProjects)
    .on("GET /v3/projects", "project.list", listProjects)
    .on("GET /v3/projects/:projectId", "project.show", showProject)
    .on("GET /v3/auth/catalog", "catalog.list", showCatalog)
    .on("GET /v3/auth/domains", "domain.list", (exchange) => collection(exchange, "domains", [DOMAIN]));
}

const DOMAIN = { id: "default", name: "Default" };
const UNAUTHORIZED = "The request you have made requires authentication.";

function versions(exchange: Exchange): ApiAnswer {
  const location = `${exchange.url}/v3/`;
  return jsonAnswer(300, { versions: { values: [version(exchange)] } }, { location, vary: "X-Auth-Token" });
}

function version(exchange: Exchange): unknown {
  return {
    id: "v3.14",
    status: "stable",
    updated: "2020-04-07T00:00:00Z",
    links: [{ rel: "self", href: `${exchange.url}/v3/` }],
    "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v3+json" }],
  };
}

function createToken(exchange: Exchange, strikes: Strikes): ApiAnswer {
  const { cloud, now } = exchange;
  exchange.effect = false;
  const auth = exchange.section("auth") as AuthRequest;
  const methods = auth.identity?.methods ?? [];
  checkIdentity(exchange, auth);
  const scoped = methods.includes("application_credential") || checkScope(exchange, auth.scope);
  let life = cloud.settings.tokenLife;
  for (const { strike, blow } of strikes("token")) life = strike(blow);
  const token = cloud.tokens.issue({
    methods,
    issuedAt: now,
    statedExpiry: now + cloud.settings.tokenLife,
    expiresAt: now + life,
    scoped,
  }, cloud.random);
  return tokenAnswer(exchange, token, 201);
}

interface AuthRequest {
  identity?: {
    methods?: string[];
    password?: { user?: Reference & { password?: string } };
    token?: { id?: string };
    application_credential?: Reference & { user?: Reference; secret?: string };
  };
  scope?: unknown;
}

/** To a user or a project, within its domain. */
interface Reference {
  id?: string;
  name?: string;
  domain?: Reference;
}

function checkIdentity(exchange: Exchange, { identity }: AuthRequest): void {
  const { cloud } = exchange;
  const methods = identity?.methods ?? [];
  const credential = cloud.settings.applicationCredential;
  const known = methods.length > 0 && methods.every((method) => {
    if (method === "password") {
      const user = identity?.password?.user;
      return isUser(exchange, user) && user?.password === cloud.settings.password;
    }
    if (method === "token") {
      return cloud.tokens.find(identity?.token?.id ?? null, exchange.now) !== null;
    }
    if (method !== "application_credential" || credential === null) return false;
    const given = identity?.application_credential;
    const named = given?.id === credential.id ||
      (given?.name === credential.id && isUser(exchange, given.user));
    return named && given?.secret === credential.secret;
  });
  if (!known) throw new ApiRefusal(401, UNAUTHORIZED, { headers: { vary: "X-Auth-Token" } });
}

function isUser({ cloud }: Exchange, user: Reference | undefined): boolean {
  if (user?.id !== undefined) return user.id === cloud.stock.userId;
  return user?.name === cloud.settings.username && isDomain(user.domain);
}

function isDomain(domain: Reference | undefined): boolean {
  return domain?.id === DOMAIN.id || domain?.name?.toLowerCase() === DOMAIN.name.toLowerCase();
}

/** Whether the token is for the project; a scope that the user has no role on is refused. */
function checkScope({ cloud }: Exchange, scope: unknown): boolean {
  if (scope === undefined || scope === null || scope === "unscoped") return false;
  const project = (scope as { project?: Reference }).project;
  const ours = project?.id === undefined
    ? project?.name === cloud.settings.project && isDomain(project.domain)
    : project.id === cloud.stock.projectId;
  if (!ours) throw new ApiRefusal(401, UNAUTHORIZED);
  return true;
}

function tokenAnswer(exchange: Exchange, token: SimulatedToken, status: number): ApiAnswer {
  const { cloud } = exchange;
  const { settings, stock } = cloud;
  const body = {
    methods: token.methods,
    user: { domain: DOMAIN, id: stock.userId, name: settings.username, password_expires_at: null },
    audit_ids: [token.auditId],
    expires_at: isoMicroseconds(token.statedExpiry) + "Z",
    issued_at: isoMicroseconds(token.issuedAt) + "Z",
    ...(token.scoped ? scopedPart(exchange) : {}),
  };
  return jsonAnswer(status, { token: body }, { "x-subject-token": token.id, vary: "X-Auth-Token" });
}

function scopedPart(exchange: Exchange): Record<string, unknown> {
  const { settings, stock } = exchange.cloud;
  return {
    project: { domain: DOMAIN, id: stock.projectId, name: settings.project },
    is_domain: false,
    roles: ["member", "reader"].map((name) => ({ id: nameId(`role/${name}`).replaceAll("-", ""), name })),
    catalog: catalog(exchange),
  };
}

function catalog({ cloud, options }: Exchange): unknown[] {
  const services = [
    ["compute", "nova", "/compute/v2.1"],
    ["image", "glance", "/image"],
    ["identity", "keystone", "/identity/v3"],
    ["network", "neutron", "/network"],
  ] as const;
  const region = cloud.settings.region;
  const id = (text: string) => nameId(`${cloud.settings.name}/${text}`).replaceAll("-", "");
  return services.map(([type, name, path]) => ({
    endpoints: ["public", "internal", "admin"].map((side) => ({
      id: id(`endpoint/${type}/${side}`),
      interface: side,
      region_id: region,
      url: options.base + path,
      region,
    })),
    id: id(`service/${type}`),
    type,
    name,
  }));
}

function showToken(exchange: Exchange): ApiAnswer {
  return tokenAnswer(exchange, subjectToken(exchange), 200);
}

function revokeToken(exchange: Exchange): ApiAnswer {
  exchange.cloud.tokens.revoke(subjectToken(exchange).id);
  return emptyAnswer(204);
}

function subjectToken(exchange: Exchange): SimulatedToken {
  const id = exchange.header("x-subject-token");
  return found(exchange.cloud.tokens.find(id, exchange.now), `Could not find token: ${id}.`);
}

function listProjects(exchange: Exchange): ApiAnswer {
  const name = exchange.query.get("name");
  const all = [project(exchange)].filter((one) => name === null || one.name === name);
  return collection(exchange, "projects", all);
}

function showProject(exchange: Exchange): ApiAnswer {
  const id = exchange.param("projectId");
  if (id !== exchange.cloud.stock.projectId) throw new ApiRefusal(404, `Could not find project: ${id}.`);
  return jsonAnswer(200, { project: project(exchange) });
}

function project({ cloud, url }: Exchange) {
  const id = cloud.stock.projectId;
  return {
    id,
    name: cloud.settings.project,
    domain_id: DOMAIN.id,
    description: "",
    enabled: true,
    parent_id: DOMAIN.id,
    is_domain: false,
    tags: [],
    options: {},
    links: { self: `${url}/v3/projects/${id}` },
  };
}

function showCatalog(exchange: Exchange): ApiAnswer {
  return collection(exchange, "catalog", catalog(exchange));
}

function collection(exchange: Exchange, key: string, items: unknown[]): ApiAnswer {
  const self = exchange.url + exchange.options.path;
  return jsonAnswer(200, { [key]: items, links: { next: null, self, previous: null } });
}
