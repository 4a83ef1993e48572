/**
 * ssh2 opens a decipher with each packet and ends it with the packet. A connection that is cut in between leaves one
 * open, and Deno keeps it for as long as the process lives; ssh2 has no call that ends it. Whoever has an ssh2
 * connection calls this when its socket is closed.
 */

/** The part of ssh2's inner parts that is reached into: its version is pinned. */
interface Ssh2Connection {
  readonly _protocol?: { readonly _decipher?: { readonly _decipherInstance?: { final(): unknown } | null } };
}

/** @param connection an ssh2 `Client`, or the `Connection` of a server, whose socket is closed */
export function releaseDecipher(connection: object): void {
  try {
    (connection as Ssh2Connection)._protocol?._decipher?._decipherInstance?.final();
  } catch {
    // What was cut off cannot be authentic, and a packet that was whole has ended its decipher already.
  }
}
