/**
 * The error for a failed connection: a `CloudError` that says in plain words what happened, and whether the server
 * can have seen any part of the request. Pure; `undici_send` calls it.
 */
import { describeProxy } from "../domain/proxy_rules.ts";
import { CloudError } from "../domain/cloud_error.ts";
import type { CertificateTime } from "./peer_certificate.ts";

/** Codes of a connection that was never made: nothing was sent. */
const NOT_CONNECTED: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused; nothing listens there",
  ENOTFOUND: "unknown host name",
  EAI_AGAIN: "cannot look up the host name",
  EHOSTUNREACH: "cannot reach the host",
  ENETUNREACH: "cannot reach the network",
  EADDRNOTAVAIL: "no free local port for a connection",
  EMFILE: "too many open files; raise the limit on open files",
  UND_ERR_CONNECT_TIMEOUT: "the connection timed out",
};

/** Deno's code of a certificate that is not valid now, too. */
const DENO_UNTRUSTED = "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
const NOT_NOW = "has expired (renew it), is not valid yet (check the clocks)";

/** Codes of a certificate that nobody known vouches for: nothing was sent either. */
const UNTRUSTED: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "is self-signed",
  [DENO_UNTRUSTED]: "is signed by an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT: "is signed by an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "is signed by an unknown authority",
};

/** Whether the certificate is what is wrong, and the time of it may say more. */
export function isUntrusted(error: unknown): boolean {
  return firstFailure(error).code in UNTRUSTED;
}

/** Codes of a TLS handshake that failed for another reason. */
const TLS: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host name; check the address",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS; use http:// in the address",
  EPROTO: "it does not speak TLS; use http:// in the address",
};

interface FailedSend {
  readonly url: URL;
  /** The proxy that the connection was to, where it was not to the host itself. */
  readonly proxy?: URL | null;
  /** The request's: tells an abort from a failure. */
  readonly signal: AbortSignal;
  readonly trust: Trust;
  /** For people, where our own certificate has expired: the server may have broken the connection for it. */
  readonly ownExpiry?: string | null;
}

/** Facts about a certificate that is not trusted, as far as they are known. */
export interface Trust {
  /** null: not known. */
  readonly certificate: CertificateTime | null;
  /** For people, where its authority is not known. */
  readonly advice: string;
}

export function describeSendFailure(
  error: unknown,
  { url, proxy = null, signal, trust, ownExpiry = null }: FailedSend,
): CloudError {
  const name = proxy === null ? url.host : `the proxy ${describeProxy(proxy)}`;
  const { code, message } = firstFailure(error);
  const broken = (what: string, effect: "none" | "unknown") =>
    new CloudError("unavailable", `${name}: ${what}`, { effect, cause: error });
  const own = ownExpiry === null ? "" : `; ${ownExpiry}`;
  if (code in UNTRUSTED) return broken(`its certificate ${whyUntrusted(code, trust)}`, "none");
  if (signal.aborted) {
    const kind = isTimeout(signal.reason) ? "timeout" : "unavailable";
    const message = kind === "timeout" ? `${url.host} did not answer in time` : "the request was cancelled";
    return new CloudError(kind, message, { cause: signal.reason });
  }
  if (code in NOT_CONNECTED) {
    // Its cause says the same in the system's words.
    return new CloudError("unavailable", `${name}: ${NOT_CONNECTED[code]}`, { effect: "none" });
  }
  if (code in TLS) return broken(TLS[code]!, "none");
  if (/^(ERR_TLS|ERR_SSL|CERT_)/.test(code)) return broken(`TLS: ${message} (${code})`, "none");
  if (code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE") {
    return broken(`the connection broke before the response was complete${own}`, "unknown");
  }
  return broken(message + own, "unknown");
}

function whyUntrusted(code: string, { certificate, advice }: Trust): string {
  const unknown = `${UNTRUSTED[code]}; ${advice}`;
  if (certificate === null) return code === DENO_UNTRUSTED ? `${NOT_NOW}, or ${unknown}` : unknown;
  const { from, until, now } = certificate;
  if (now > until) return `expired on ${shortTime(until)}; renew it, unless this machine's clock is wrong`;
  return now < from ? `is not valid before ${shortTime(from)}; check this machine's clock` : unknown;
}

/** Of a time in milliseconds since 1970, for people. */
export function shortTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16)}Z`;
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === "TimeoutError";
}

/** An AggregateError stands for several addresses tried: its first tells enough. */
function firstFailure(error: unknown): { code: string; message: string } {
  const first = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
  if (!(first instanceof Error)) return { code: "", message: String(first) };
  return { code: String((first as { code?: unknown }).code ?? ""), message: first.message };
}
