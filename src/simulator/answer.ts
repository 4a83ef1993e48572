/** Answers in the shapes that Keystone, Nova, Neutron and Glance give them. */
import { STATUS_CODES } from "node:http";
import type { Instant } from "../domain/time.ts";

export type Service = "identity" | "compute" | "network" | "image" | "simulator";

/** An answer to a request, as it goes out. */
export interface ApiAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | null;
}

export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): ApiAnswer {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

export function emptyAnswer(status: number, headers: Record<string, string> = {}): ApiAnswer {
  return { status, headers, body: null };
}

/** An error as the service words it: code and message are read by clients. */
export function errorAnswer(
  service: Service,
  { status, message, options: { type = "HTTPError", headers = {} } }: ApiRefusal,
): ApiAnswer {
  if (service === "image") return htmlError(status, message, headers);
  if (service === "network") {
    return jsonAnswer(status, { NeutronError: { type, message, detail: "" } }, headers);
  }
  if (service === "compute") {
    return jsonAnswer(
      status,
      { [NOVA_FAULTS[status] ?? "computeFault"]: { code: status, message } },
      headers,
    );
  }
  return jsonAnswer(
    status,
    { error: { code: status, message, title: STATUS_CODES[status] ?? "Error" } },
    headers,
  );
}

/** The answer of the token check in front of every service. */
export function unauthorizedAnswer(service: Service, identityUrl: string): ApiAnswer {
  const headers = { "www-authenticate": `Keystone uri="${identityUrl}"` };
  const refusal = new ApiRefusal(401, "The request you have made requires authentication.", { headers });
  return errorAnswer(service === "image" ? "image" : "identity", refusal);
}

/** `2026-11-22T15:10:27Z`. */
export function isoSeconds(at: Instant): string {
  return new Date(at).toISOString().slice(0, 19) + "Z";
}

/** `2026-11-22T15:10:30.000000`, as Nova's usage times and Keystone's tokens have it. */
export function isoMicroseconds(at: Instant): string {
  return new Date(at).toISOString().slice(0, 23) + "000";
}

function htmlError(status: number, message: string, headers: Record<string, string>): ApiAnswer {
  const title = `${status} ${STATUS_CODES[status] ?? "Error"}`;
  const page =
    `<html>\n <head>\n  <title>${title}</title>\n </head>\n <body>\n  <h1>${title}</h1>\n  ${message}<br /><br />\n\n\n\n </body>\n</html>`;
  return { status, headers: { "content-type": "text/html; charset=UTF-8", ...headers }, body: page };
}

const NOVA_FAULTS: Record<number, string> = {
  400: "badRequest",
  401: "unauthorized",
  403: "forbidden",
  404: "itemNotFound",
  409: "conflictingRequest",
  413: "overLimit",
  429: "overLimit",
  503: "serviceUnavailable",
};

/** A request refused as the real service would; each service words it in its own JSON (`answer.ts`). */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";

  /** @param options `type` is Neutron's exception name, e.g. `OverQuota` */
  constructor(
    readonly status: number,
    message: string,
    readonly options: { type?: string; headers?: Record<string, string> } = {},
  ) {
    super(message);
  }
}

/** The thing that was looked for. @throws ApiRefusal where it is not there */
export function found<T>(
  thing: T | null | undefined,
  message: string,
  { status = 404, type }: { status?: number; type?: string } = {},
): T {
  if (thing === null || thing === undefined) {
    throw new ApiRefusal(status, message, type === undefined ? {} : { type });
  }
  return thing;
}

/** Nova's refusal of a body or a query by its schema. */
export function invalidInput(where: string, value: string, why: string): ApiRefusal {
  return new ApiRefusal(400, `Invalid input for ${where}. Value: ${value}. ${why}`);
}
