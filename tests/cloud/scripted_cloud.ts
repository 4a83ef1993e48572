/** An OpenStack that answers from a script, for the client's own tests: every request is kept, no socket is opened. */
import {
  createOpenStackCloud,
  type OpenStackCloudOptions,
} from "../../src/cloud/openstack/openstack_cloud.ts";
import type { WholeCloud } from "../../src/cloud/cloud.ts";
import type { Send, SendRequest, SendResponse } from "../../src/http/send.ts";
import { type CloudAccess, PLAIN_ACCESS } from "../../src/domain/cloud_access.ts";
import { SECOND } from "../../src/domain/time.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { VirtualClock } from "../virtual_clock.ts";

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is, all else as JSON. */
  readonly body?: unknown;
  /** Reads what it wants of a streamed body before it is answered; left out: all of it. */
  readonly read?: (body: ReadableStreamDefaultReader<Uint8Array>) => Promise<unknown>;
}

/** An Error is thrown; "silence" never answers; null leaves it to the standard cloud. */
export type Script = (request: SendRequest, nth: number) => Reply | Error | "silence" | null;

interface ScriptedSend {
  readonly send: Send;
  readonly requests: SendRequest[];
}

function scriptedSend(script: Script): ScriptedSend {
  const requests: SendRequest[] = [];
  const send: Send = async (request, { signal }) => {
    requests.push(request);
    const reply = script(request, requests.length);
    if (reply instanceof Error) throw reply;
    if (reply === "silence") return await untilAborted(signal);
    if (request.body instanceof ReadableStream) {
      await Promise.race([readBody(request.body, reply), untilAborted(signal)]);
    }
    return toResponse(reply ?? { status: 404 });
  };
  return { send, requests };
}

async function readBody(body: ReadableStream<Uint8Array>, reply: Reply | null): Promise<void> {
  await (reply?.read ?? readAll)(body.getReader());
}

/** What is left of a body. */
export async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    pieces.push(part.value as Uint8Array<ArrayBuffer>);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

export function toResponse({ status = 200, headers = {}, body = "" }: Reply): SendResponse {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers, body: new TextEncoder().encode(text) };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

export const ACCESS: CloudAccess = {
  name: "mycloud",
  authUrl: "http://keystone:5000/v3",
  auth: {
    method: "password",
    userId: null,
    username: "robot",
    userDomain: { id: null, name: "Default" },
    password: "s3cret-password",
  },
  scope: { kind: "project", id: null, name: "ci", domain: { id: null, name: "Default" } },
  regionName: null,
  ...PLAIN_ACCESS,
};

export const CATALOG = [
  service("compute", "http://nova:8774/v2.1"),
  service("network", "http://neutron:9696"),
  service("image", "http://glance:9292"),
];

export function service(type: string, url: string, region = "RegionOne") {
  return { type, name: type, endpoints: [{ interface: "public", region, region_id: region, url }] };
}

/** Tokens are `token-1`, `token-2`, …, each good for an hour by a clock that stands in 1999. */
export function tokenReply(number: number, { catalog = CATALOG, seconds = 3600 } = {}): Reply {
  const issued = Date.UTC(1999, 0, 1);
  return {
    status: 201,
    headers: { "x-subject-token": `token-${number}` },
    body: {
      token: {
        issued_at: new Date(issued).toISOString(),
        expires_at: new Date(issued + seconds * SECOND).toISOString(),
        catalog,
        project: { id: "project-1", name: "ci" },
      },
    },
  };
}

export const NOVA_VERSIONS = {
  versions: [
    { id: "v2.0", status: "SUPPORTED", version: "", links: [{ rel: "self", href: "http://nova:8774/v2/" }] },
    {
      id: "v2.1",
      status: "CURRENT",
      version: "2.90",
      links: [{ rel: "self", href: "http://nova:8774/v2.1/" }],
    },
  ],
};

export interface ScriptedCloud {
  readonly cloud: WholeCloud;
  readonly clock: VirtualClock;
  /** All requests, logins and version documents included. */
  readonly requests: SendRequest[];
  /** "GET /v2.1/servers/detail?limit=1000": those besides logins and version documents. */
  readonly calls: () => string[];
  readonly logins: () => number;
}

/** A cloud whose logins and version documents work; the script answers all it wants to answer otherwise. */
export function scriptedCloud(script: Script, options: Partial<OpenStackCloudOptions> = {}): ScriptedCloud {
  let logins = 0;
  const { send, requests } = scriptedSend((request, nth) => {
    const own = script(request, nth);
    if (own !== null) return own;
    const { pathname } = new URL(request.url);
    if (isLogin(request)) return tokenReply(++logins);
    if (request.url === "http://nova:8774/") return { body: NOVA_VERSIONS };
    return pathname === "/" ? { status: 404 } : null;
  });
  const clock = new VirtualClock();
  const cloud = createOpenStackCloud({
    name: "alpha",
    access: ACCESS,
    send,
    clock,
    random: seededRandom(1),
    apiTimeout: 60 * SECOND,
    rate: 0,
    ...options,
  });
  return {
    cloud,
    clock,
    requests,
    logins: () => requests.filter(isLogin).length,
    calls: () =>
      requests.filter((request) => !isLogin(request) && new URL(request.url).pathname !== "/").map(shortly),
  };
}

export function isLogin({ url }: SendRequest): boolean {
  return url.endsWith("/auth/tokens");
}

function shortly({ method, url }: SendRequest): string {
  const { pathname, search } = new URL(url);
  return `${method} ${pathname}${search}`;
}
