/**
 * The error for a failed connection: a `CloudError` that says in plain words what happened, and whether the
 * server can have seen anything of the request. Pure; `undici_send` calls it.
 */
import { describeProxy } from "../domain/proxy_rules.ts";
import { CloudError } from "../domain/cloud_error.ts";

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

/** Codes of a certificate that nobody known vouches for: nothing was sent either. */
const UNTRUSTED: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is self-signed",
  // Deno says this of one that has expired, too.
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "its certificate has expired (renew it) or is signed by an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate is signed by an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is signed by an unknown authority",
};

/** Codes of a TLS handshake that failed for another reason. */
const TLS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired; renew it",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; check the clocks",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host name; check the address",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS; use http:// in the address",
  EPROTO: "it does not speak TLS; use http:// in the address",
};

/**
 * @param options `signal`: the request's, tells an abort from a failure; `trustAdvice`: what to do where a certificate
 * is not trusted
 */
export function describeSendFailure(
  error: unknown,
  { url, proxy = null, signal, trustAdvice }: {
    url: URL;
    /** The proxy that the connection was to, where it was not to the host itself. */
    proxy?: URL | null;
    signal: AbortSignal;
    trustAdvice: string;
  },
): CloudError {
  if (signal.aborted) {
    const kind = isTimeout(signal.reason) ? "timeout" : "unavailable";
    const message = kind === "timeout" ? `${url.host} did not answer in time` : "the request was cancelled";
    return new CloudError(kind, message, { cause: signal.reason });
  }
  const name = proxy === null ? url.host : `the proxy ${describeProxy(proxy)}`;
  const { code, message } = firstFailure(error);
  const broken = (what: string, effect: "none" | "unknown") =>
    new CloudError("unavailable", `${name}: ${what}`, { effect, cause: error });
  if (code in NOT_CONNECTED) {
    // Its cause says the same in the system's words.
    return new CloudError("unavailable", `${name}: ${NOT_CONNECTED[code]}`, { effect: "none" });
  }
  if (code in UNTRUSTED) return broken(`${UNTRUSTED[code]}; ${trustAdvice}`, "none");
  if (code in TLS) return broken(TLS[code]!, "none");
  if (/^(ERR_TLS|ERR_SSL|CERT_)/.test(code)) return broken(`TLS: ${message} (${code})`, "none");
  if (code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE") {
    return broken("the connection broke before the response was complete", "unknown");
  }
  return broken(message, "unknown");
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
