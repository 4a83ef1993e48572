/**
 * The time for which a server's certificates are good, whether they are trusted or not: TLS itself does not say why it
 * rejects one. Nothing is sent over the connection that this makes. `undici_send` asks where a request has failed so.
 */
import { isIP } from "node:net";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { unbracketed } from "../domain/bracketed.ts";
import type { Milliseconds } from "../domain/time.ts";
import { startDeadline } from "../lib/deadline.ts";
import type { Clock } from "../lib/clock.ts";

/** Milliseconds since 1970: of several in a chain, when the last begins and the first ends. */
export interface CertificateTime {
  readonly from: number;
  readonly until: number;
  /** As this machine's clock has it. */
  readonly now: number;
}

/** null: it cannot be found out in the time. */
export async function certificateTime(
  url: URL,
  { clock, timeout }: { clock: Clock; timeout: Milliseconds },
): Promise<CertificateTime | null> {
  const { signal } = new AbortController();
  using deadline = startDeadline({ clock, timeout, signal });
  const host = unbracketed(url.hostname);
  const socket = connect({
    host,
    port: Number(url.port || 443),
    rejectUnauthorized: false,
    ...(isIP(host) === 0 && { servername: host }),
  });
  try {
    return await new Promise((resolve) => {
      socket.once("secureConnect", () => resolve(timeOf(socket.getPeerCertificate(true), clock.wall())));
      for (const event of ["error", "close"]) socket.once(event, () => resolve(null));
      deadline.signal.addEventListener("abort", () => resolve(null));
    });
  } finally {
    // Nobody cares how it ends.
    socket.on("error", () => {});
    socket.destroy();
  }
}

function timeOf(leaf: DetailedPeerCertificate, now: number): CertificateTime | null {
  const chain = new Set<DetailedPeerCertificate>();
  for (let one = leaf; one?.valid_to && !chain.has(one); one = one.issuerCertificate) chain.add(one);
  const from = Math.max(...[...chain].map(({ valid_from }) => Date.parse(valid_from)));
  const until = Math.min(...[...chain].map(({ valid_to }) => Date.parse(valid_to)));
  return Number.isFinite(from) && Number.isFinite(until) ? { from, until, now } : null;
}
