/**
 * One login at Keystone v3: the request from what the configuration says, the token and catalog from the answer.
 * No secret and no token is ever part of a message. `token_cache` calls it.
 */
import * as v from "valibot";
import type { Clock } from "../../lib/clock.ts";
import { parseJson } from "../../lib/parse_answer.ts";
import { parseUtc } from "../../domain/parse_utc.ts";
import { withoutPassword } from "../../lib/without_password.ts";
import type { Auth, CloudAccess, KeystoneRef, Scope } from "../../domain/cloud_access.ts";
import { type Milliseconds, MINUTE } from "../../domain/time.ts";
import type { CloudLogin } from "../cloud.ts";
import { CloudError } from "../../domain/cloud_error.ts";
import { CatalogSchema, type ServiceCatalog } from "./catalog.ts";
import { noAnswer } from "./classify_response.ts";
import { mendedAnswer, type TellOddity } from "./mended_answer.ts";
import type { HttpCall, Transport } from "./transport.ts";

export interface LoginOptions {
  readonly access: CloudAccess;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly tellOddity: TellOddity;
}

export interface Token {
  readonly value: string;
  /** On our monotonic clock: from then on a new one is taken, as soon as Keystone gives it. */
  readonly renewAt: number;
  /** On the same clock; Infinity: not known. */
  readonly endsAt: number;
  readonly catalog: ServiceCatalog;
  /** null where the token is not scoped to a project. */
  readonly projectId: string | null;
  readonly login: CloudLogin;
  /** Set once a service has taken it: only such a token is renewed after a 401. */
  accepted: boolean;
}

const TokenAnswer = v.object({
  token: v.object({
    expires_at: v.nullish(v.string()),
    issued_at: v.nullish(v.string()),
    catalog: v.optional(CatalogSchema, []),
    project: v.nullish(v.object({ id: v.string(), name: v.nullish(v.string()) })),
    user: v.nullish(v.object({ id: v.nullish(v.string()), name: v.nullish(v.string()) })),
    roles: v.nullish(v.array(v.object({ name: v.nullish(v.string()) }))),
  }),
});

/**
 * A token is renewed so long before it ends, or a tenth of its life before where it is short-lived: Keystone may be slow,
 * or down for a while.
 */
const MAX_MARGIN = 5 * MINUTE;

/** @throws CloudError `unauthorized` when Keystone refuses, with what to check */
export async function loginToKeystone(
  { access, transport, clock, tellOddity }: LoginOptions,
): Promise<Token> {
  const action = `log in as ${describeUser(access.auth)}`;
  const url = tokensUrl(access.authUrl);
  if (url === null) {
    const message = `auth_url ${JSON.stringify(shownUrl(access))} is not an http(s) address; correct it`;
    throw transport.refuse({ action }, { kind: "badRequest", message, effect: "none" });
  }
  const call: HttpCall = {
    action,
    service: "identity",
    turn: "login",
    repeatable: true,
    method: "POST",
    url,
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ auth: authBody(access) }),
    // It is shared.
    signal: transport.closing,
  };
  const askedAt = clock.monotonic();
  const response = await transport.request(call).catch((error) => {
    throw error instanceof CloudError ? explainLogin(error, access) : error;
  });
  const value = response.headers["x-subject-token"];
  const refuse = (message: string) =>
    transport.refuse(call, { kind: "badResponse", message, effect: "none" });
  const json = parseJson(
    response,
    () => explainLogin(transport.refuse(call, { ...noAnswer(response), effect: "none" }), access),
  );
  if (value === undefined) throw refuse(`the response has no token; check auth_url ${shownUrl(access)}`);
  const { token } = mendedAnswer(TokenAnswer, json, {
    refuse,
    tell: (oddity) => tellOddity(action, oddity),
  });
  const life = lifetime(token, parseUtc(response.headers.date) ?? clock.wall());
  return {
    value,
    renewAt: askedAt + life - Math.min(MAX_MARGIN, life / 10),
    endsAt: askedAt + life,
    catalog: token.catalog,
    projectId: token.project?.id ?? null,
    login: {
      user: token.user?.name ?? token.user?.id ?? null,
      project: token.project?.name ?? token.project?.id ?? null,
      roles: (token.roles ?? []).flatMap(({ name }) => name ?? []),
    },
    accepted: false,
  };
}

/** By the cloud's own clock, which may be off; without an end after its start it lasts until a service refuses it. */
function lifetime(
  token: { expires_at?: string | null; issued_at?: string | null },
  cloudNow: number,
): Milliseconds {
  const end = parseUtc(token.expires_at);
  if (end === null) return Infinity;
  const life = end - (parseUtc(token.issued_at) ?? cloudNow);
  return life > 0 ? life : Infinity;
}

/** `http://host:5000`, `…/v2.0/` and `…/v3` all lead to v3; null: it is not an http(s) address. */
function tokensUrl(authUrl: string): string | null {
  if (!/^https?:/.test(authUrl) || !URL.canParse(authUrl)) return null;
  const { origin, pathname } = new URL(authUrl);
  const root = pathname.replace(/\/+$/, "").replace(/\/v(2\.0|3)$/, "");
  return `${origin}${root}/v3/auth/tokens`;
}

function authBody({ auth, scope }: CloudAccess): unknown {
  return { identity: identityBody(auth), ...(scope.kind !== "none" && { scope: scopeBody(scope) }) };
}

function identityBody(auth: Auth): unknown {
  switch (auth.method) {
    case "password":
      return { methods: ["password"], password: { user: { ...userBody(auth), password: auth.password } } };
    case "token":
      return { methods: ["token"], token: { id: auth.token } };
    case "application_credential": {
      const who = auth.id === null ? { name: auth.name, user: userBody(auth) } : { id: auth.id };
      return {
        methods: ["application_credential"],
        application_credential: { ...who, secret: auth.secret },
      };
    }
  }
}

function userBody(user: { userId: string | null; username: string | null; userDomain: KeystoneRef }): object {
  if (user.userId !== null) return { id: user.userId };
  return { name: user.username, domain: domainBody(user.userDomain) };
}

function scopeBody(scope: Exclude<Scope, { kind: "none" }>): object {
  switch (scope.kind) {
    case "project":
      if (scope.id !== null) return { project: { id: scope.id } };
      return { project: { name: scope.name, domain: domainBody(scope.domain) } };
    case "domain":
      return { domain: domainBody(scope.domain) };
    case "system":
      return { system: { all: true } };
  }
}

/** Keystone's own default domain where none is given, as in v2 times. */
function domainBody({ id, name }: KeystoneRef): object {
  if (id !== null) return { id };
  return name === null ? { id: "default" } : { name };
}

function describeUser(auth: Auth): string {
  if (auth.method === "token") return "the owner of a token";
  if (auth.method === "password") return auth.username ?? auth.userId ?? "a user without a name";
  return `application credential ${auth.name ?? auth.id}`;
}

const CHECK: Record<Auth["method"], string> = {
  password: "username, password, project and their domains",
  token: "the token (it may have expired, and cannot be renewed without a password)",
  application_credential: "the application credential's id or name and its secret",
};

/** The statuses with which other servers answer a login. */
const NO_KEYSTONE = [300, 404, 405, 501];

/** A user and a password in it are sent to nobody, and shown to nobody either. */
function shownUrl({ authUrl }: CloudAccess): string {
  return withoutPassword(authUrl);
}

/** To those who asked a service for something, a refused login is its 401, and any other failure no answer of it. */
function explainLogin(error: CloudError, access: CloudAccess): CloudError {
  const rephrase = (kind: CloudError["kind"], advice: string, status: 401 | null = null) =>
    new CloudError(kind, `${error.message}${advice}`, { ...error, cause: error.cause, status });
  const { status, kind } = error;
  if (status === null) return rephrase(kind, ` (auth_url ${shownUrl(access)})`);
  if (kind === "rateLimited") return rephrase(kind, "");
  if (NO_KEYSTONE.includes(status)) {
    return rephrase("unavailable", `; is auth_url ${shownUrl(access)} a Keystone v3?`);
  }
  if (status < 400) return rephrase(kind, `; correct auth_url ${shownUrl(access)}`);
  if (status >= 500 || status === 408) return rephrase("unavailable", "");
  return rephrase("unauthorized", `; check ${CHECK[access.auth.method]} of cloud ${access.name}`, 401);
}
