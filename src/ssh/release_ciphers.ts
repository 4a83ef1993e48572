/**
 * ssh2 keeps a cipher and a decipher for a connection, or opens them with each packet, and has no call that ends them;
 * Deno keeps what is left open for as long as the process lives. The owner of an ssh2 connection calls this when its
 * socket is closed.
 */

/** The part of ssh2's inner parts that is reached into: its version is pinned. */
interface Ssh2Connection {
  readonly _protocol?: {
    readonly _cipher?: { readonly _cipherInstance?: Open | null };
    readonly _decipher?: { readonly _decipherInstance?: Open | null };
  };
}

interface Open {
  final(): unknown;
}

/** @param connection an ssh2 `Client`, or the `Connection` of a server, whose socket is closed */
export function releaseCiphers(connection: object): void {
  const { _protocol: protocol } = connection as Ssh2Connection;
  end(protocol?._cipher?._cipherInstance);
  end(protocol?._decipher?._decipherInstance);
}

function end(open: Open | null | undefined): void {
  try {
    open?.final();
  } catch {
    // What was cut off cannot be authentic, and a packet that was whole has ended its decipher already.
  }
}
