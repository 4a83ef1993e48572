/**
 * The meaning of a refusal of OpenStack: the only reader of its messages. Pure. Status and error type decide where
 * they can; prose only where no code exists (Nova says "Quota exceeded" and "No valid host" in prose alone). The
 * transport calls it, and the reader of consoles.
 */
import type { CloudError } from "../../domain/cloud_error.ts";
import type { CloudErrorKind } from "../../domain/cloud_error_kind.ts";
import type { Instant, Milliseconds } from "../../domain/time.ts";
import { MINUTE, SECOND } from "../../domain/time.ts";
import type { SendResponse } from "../../http/send.ts";
import { jsonOf } from "../../lib/parse_answer.ts";
import { parseUtc } from "../../domain/parse_utc.ts";
import type { ServiceType } from "./catalog.ts";

export interface ClassifiedResponse {
  readonly kind: CloudErrorKind;
  /** The cloud's message, in one line; never empty, never with a token in it. */
  readonly message: string;
  /** The pause that the cloud asks for, as far as that is sensible. */
  readonly retryAfter: Milliseconds | null;
  readonly effect: "none" | "unknown";
  readonly requestId: string | null;
}

interface Said {
  /** The error's type where the service has one: Neutron's `type`, Nova's key (`overLimit`, `forbidden`). */
  readonly type: string;
  readonly message: string;
}

const MAX_MESSAGE = 300;

/** @param options `now`: the machine's time, against which a Retry-After date counts where the answer has no Date */
export function classifyResponse(
  response: SendResponse,
  { service, now }: { service: ServiceType | "identity"; now: Instant },
): ClassifiedResponse {
  const said = readError(response);
  const retryAfter = readRetryAfter(response.headers, now);
  const { status } = response;
  const requestId = requestIdOf(response.headers);
  const isForeign = status === 404 && !saysGone(service, response);
  const kind = isForeign ? "unavailable" : kindOf({ status, said, retryAfter });
  return {
    kind,
    message: said.message || silence(response),
    retryAfter,
    effect: effectOf(status),
    requestId,
  };
}

/** OpenStack's request id, whichever of its headers a service uses. */
export function requestIdOf(headers: SendResponse["headers"]): string | null {
  return headers["x-openstack-request-id"] ?? headers["x-compute-request-id"] ?? null;
}

/** The statuses with which a service may say that it has no such thing; `saysGone` tells whether they do. */
export const GONE_STATUSES = [404, 410];

/**
 * Whether the service itself says that it has no such thing. Gateways on the way answer 404 too, for addresses that they do
 * not know, in pages and in JSON: that says nothing of a server, a network or an image. Nova names the kind of its errors and
 * Neutron itself; Glance, and old Neutrons, answer with a request id, or at least with a page or a message of WebOb's.
 */
export function saysGone(
  service: ServiceType | "identity",
  { status, headers, body }: SendResponse,
): boolean {
  if (!GONE_STATUSES.includes(status)) return false;
  const json = Object(jsonOf(body));
  if (service === "compute") return status === 404 && "itemNotFound" in json;
  if (service === "network" && "NeutronError" in json) return status === 404;
  return requestIdOf(headers) !== null || WEBOB.test(new TextDecoder().decode(body.subarray(0, 16_384)));
}

/** How it ends an explanation; but for the one of every service for a path that it does not have. */
const WEBOB = /(?<!The resource could not be found\.)<br \/><br \/>/;

const QUOTA_TYPES = new Set(["OverQuota", "QuotaExceeded"]);
const QUOTA_PROSE =
  /quota (is )?exceeded|exceed(s|ed)?( the| for| available)?( storage)? quota|is over (a |its )?limit|exceeded for quota|over quota|limit has been exceeded|maximum number of [\w -]+ (exceeded|allowed)|quota reached/i;
/** Old Nova's, with a Retry-After that not every proxy lets through. */
const RATE_PROSE = /\brate-limited\b/i;
const CAPACITY_TYPES = new Set([
  "IpAddressGenerationFailure",
  "ExternalIpAddressExhausted",
  "NoMoreFloatingIps",
  "NoMoreFixedIps",
]);
const CAPACITY_PROSE =
  /no valid host|no more (floating )?ips?( addresses)? (are )?available|no more floating ips|no fixed ip addresses available|not enough (hosts|resources)|insufficient (compute )?resources|storage media is full/i;
/** Glance's refusals with a status that means something else: properties it keeps for itself, a closed store. */
const BAD_REQUEST_PROSE =
  /attribute '[^']*' is (reserved|read-only)|number of allowed image (properties|tags)|adding images to store is disabled/i;

/** Nova's policies are named by service, thing and action; a further word is about what one request asks for. */
const POLICY = /policy doesn't allow (\S+)/i;
/** That nothing at all is available, whatever is asked for. */
const SUSPENSION_PROSE = /\b(suspended|billing|payment|unpaid|overdue)\b/i;
/** Names of a request: where the cloud mentions one, another request may be allowed. */
const THING_PROSE =
  /\b(flavors?|images?|networks?|subnets?|ports?|volumes?|snapshots?|disks?|key ?pairs?|security groups?|availability zones?|zones?|metadata|user.?data|config.?drive|hints?|hosts?)\b/i;
/** Who asks. */
const ACCOUNT_PROSE =
  /\b(account|project|tenant|customer|domain|subscription|privileges?|permissions?|roles?|not authorized|unauthorized|access (was |is )?denied)\b/i;

/** Whether Nova forbids this request, not us: such as a flavor without a disk where no volume is asked for. */
function isAboutContent({ type, message }: Said): boolean {
  if (type !== "forbidden" || /^(forbidden)?\W*$/i.test(message)) return false;
  const policy = message.match(POLICY)?.[1];
  if (policy !== undefined) return policyWords(policy) > 2;
  if (SUSPENSION_PROSE.test(message)) return false;
  return THING_PROSE.test(message) || !ACCOUNT_PROSE.test(message);
}

/** `os_compute_api:servers:create:attach_network` is one of three words, `compute:create` of old Nova's two. */
function policyWords(policy: string): number {
  return policy.replace(/^os_compute_api:|[.,;]$/g, "").split(":").length;
}

function kindOf(answer: { status: number; said: Said; retryAfter: Milliseconds | null }): CloudErrorKind {
  const { status, said, retryAfter } = answer;
  if (status === 401 || status === 402) return "unauthorized";
  if (status === 429) return "rateLimited";
  if (status < 300) return "unavailable";
  if (status < 400) return "badResponse";
  if (CAPACITY_TYPES.has(said.type) || CAPACITY_PROSE.test(said.message)) return "capacity";
  if (status < 500 && BAD_REQUEST_PROSE.test(said.message)) return "badRequest";
  const saysQuota = QUOTA_TYPES.has(said.type) || QUOTA_PROSE.test(said.message);
  if (saysQuota && QUOTA_STATUSES.includes(status)) return "quota";
  if (status === 403) return isAboutContent(said) ? "badRequest" : "unauthorized";
  if (status === 404 || status === 410) return "notFound";
  if (status === 409) return "conflict";
  const isRateLimit = retryAfter !== null || RATE_PROSE.test(said.message);
  if (status === 413) return isRateLimit ? "rateLimited" : "badRequest";
  if (status === 408) return "unavailable";
  if (status === 501) return "badRequest";
  return status >= 500 ? "unavailable" : "badRequest";
}

/** 403 and 413 are Nova's, Glance's and Cinder's; 409 is Neutron's; 400 what Nova makes of a port's quota. */
const QUOTA_STATUSES = [400, 403, 409, 413];

/** 409 before the server has one, 501 where the hypervisor has none; 404 stands for that and for no server. */
export function saysNoConsole({ status, message }: Pick<CloudError, "status" | "message">): boolean {
  return status === 409 || status === 501 || (status === 404 && /\bconsole available/i.test(message));
}

function effectOf(status: number): "none" | "unknown" {
  return status >= 300 && status < 500 && status !== 408 ? "none" : "unknown";
}

/** Whether what came with a status of success is no service's: those send JSON, nothing, or an id beside their words. */
export function isForeign({ status, headers, body }: SendResponse): boolean {
  return status < 300 && body.byteLength > 0 && !looksLikeJson(body) && requestIdOf(headers) === null;
}

/** The error of a success that is not the service's, or was cut off: it comes from between us and the service. */
export function noAnswer(
  { status, headers, body }: SendResponse,
): { kind: CloudErrorKind; message: string } {
  const what = body.byteLength === 0 ? "is empty" : "is not JSON, or was cut off";
  const type = tidy(headers["content-type"] ?? "", MAX_WORDS);
  const words = firstWords(body);
  const came = [`HTTP ${status}`, ...(type === "" ? [] : [type])].join(", ");
  const message = `the response ${what} (${came}${words === "" ? "" : `: "${words}"`})`;
  return { kind: "unavailable", message: `${message}; a proxy or load balancer may have sent it` };
}

/** A page's title, else how it begins; nothing of JSON, which may have secrets in it. */
function firstWords(body: Uint8Array): string {
  if (looksLikeJson(body)) return "";
  const text = new TextDecoder().decode(body.subarray(0, 16_384));
  const title = tidy(/<title\b[^<>]*>([^<]*)/i.exec(text)?.[1] ?? "", MAX_WORDS);
  return title || tidy(fromHtml(text), MAX_WORDS);
}

const MAX_WORDS = 100;

function looksLikeJson(body: Uint8Array): boolean {
  return /^\s*[{[]/.test(new TextDecoder().decode(body.subarray(0, 1_024)));
}

function silence({ status, headers }: SendResponse): string {
  if (status >= 300 && status < 400 && headers.location !== undefined) {
    return `redirected to ${headers.location}`;
  }
  return `the cloud responded with status ${status} and no message`;
}

/** One broken proxy must not stop a pool for a day: a cloud that is still busy then says so again. */
const LONGEST_WISH = 5 * MINUTE;

/** Commas, but for that which follows the day of the week in a date. */
const COMMA = /(?<!\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*),/i;

/** Of several, which a proxy joins that adds its own, the longest. */
function readRetryAfter(headers: SendResponse["headers"], now: Instant): Milliseconds | null {
  const sent = parseUtc(headers.date) ?? now;
  const wishes = (headers["retry-after"] ?? "").split(COMMA).flatMap((wish) =>
    readWish(wish.trim(), sent) ?? []
  );
  return wishes.length === 0 ? null : Math.min(Math.max(0, ...wishes), LONGEST_WISH);
}

/** It is seconds, or a date that begins with the day of the week. */
function readWish(wish: string, sent: Instant): Milliseconds | null {
  if (/^\d+(\.\d+)?$/.test(wish)) return Number(wish) * SECOND;
  const until = /^[a-z]{3}/i.test(wish) ? parseUtc(wish) : null;
  return until === null ? null : until - sent;
}

function readError(response: SendResponse): Said {
  const body = response.body.subarray(0, 16_384);
  const said = fromJson(jsonOf(body)) ?? { type: "", message: fromHtml(new TextDecoder().decode(body)) };
  return { type: said.type, message: tidy(said.message.replace(LINE_BREAKS, " ")) };
}

/** Glance's JSON still ends as its pages do. */
const LINE_BREAKS = /<br ?\/?>/gi;

/**
 * `{"forbidden": {message}}`, `{"NeutronError": {type, message}}`, `{"error": {message}}`, `{"message"}`; null
 * where the text is no JSON. JSON that says nothing is an empty message: a reader is not helped by the whole of it.
 */
function fromJson(whole: unknown): Said | null {
  if (typeof whole !== "object" || whole === null) return null;
  const own = fieldsOf("", whole);
  if (own.message !== "") return own;
  for (const [name, value] of Object.entries(whole)) {
    const inner = fieldsOf(name, Array.isArray(value) ? value[0] : value);
    if (inner.message !== "") return inner;
  }
  return own;
}

function fieldsOf(name: string, value: unknown): Said {
  if (typeof value === "string") return { type: name, message: name === "" ? "" : value };
  if (typeof value !== "object" || value === null) return { type: name, message: "" };
  const { type, message, title, detail } = value as Record<string, unknown>;
  const text = [message, detail, title].find((part) => typeof part === "string" && part !== "");
  return { type: typeof type === "string" ? type : name, message: typeof text === "string" ? text : "" };
}

/**
 * A proxy's or Glance's page: its text, with no heading repeated by the title. What is never closed reaches to the end, so
 * that each pattern looks at each character once.
 */
function fromHtml(text: string): string {
  return text
    .replace(/<(head|style|script)\b[\s\S]*?(?:<\/\1>|$)/gi, " ")
    .replace(/<[^<>]*>/g, " ")
    .replace(/&(quot|amp|lt|gt|#39|nbsp);/g, (_, name: keyof typeof ENTITIES) => ENTITIES[name]);
}

const ENTITIES = { quot: '"', amp: "&", lt: "<", gt: ">", "#39": "'", nbsp: " " };

/** Keystone repeats a token it does not know; tokens start with `gAAAA` (fernet) or `eyJ` (JWS). */
const TOKEN = /\b(gAAAA|eyJ)[\w.=-]{20,}/g;

/** In one line that can be read, without a token. */
export function tidy(message: string, longest = MAX_MESSAGE): string {
  const line = message.replace(TOKEN, "[token]").replace(/\s+/g, " ").trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
