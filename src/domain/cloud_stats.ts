/** The counts and measurements of a cloud's client. */
import type { Instant } from "./time.ts";

export interface CloudStats {
  /** Requests sent, retries included. */
  readonly requests: number;
  readonly errors: number;
  /** Waiting for the rate limit or a free connection. */
  readonly queued: number;
  /** Milliseconds between request starts now in force, after slow-downs: of the service that is asked most slowly. */
  readonly rate: number;
  /** Mean of recent answers, in milliseconds; null before the first. */
  readonly latency: number | null;
  readonly lastError: { readonly at: Instant; readonly message: string } | null;
  readonly limiter: {
    readonly inFlight: number;
    /** In flight at once. */
    readonly most: number;
    /** Milliseconds until another may start. */
    readonly nextStart: number;
    /** How many wait, by kind of request. */
    readonly waiting: Readonly<Record<string, number>>;
  };
  readonly connections: readonly ConnectionCount[];
  /** The certificates that its TLS servers have shown. */
  readonly certificates: readonly CertificateEnd[];
}

/** Until when a server's certificate is good. */
export interface CertificateEnd {
  /** With its port where that is not 443. */
  readonly host: string;
  /** Of the machine's clock. */
  readonly validUntil: Instant;
}

/** Connections to one place. */
export interface ConnectionCount {
  /** Where they lead. */
  readonly to: string;
  readonly open: number;
  /** Requests that are being answered. */
  readonly busy: number;
  /** Requests that wait for one. */
  readonly waiting: number;
}
