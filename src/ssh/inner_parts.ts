/**
 * The inner parts of ssh2 that are reached into, where it has no call for what must be done; its version is pinned. The
 * owner of an ssh2 connection calls these.
 */

type Take = (payload: Uint8Array) => unknown;

/** The part of an ssh2 `Client`, or of the `Connection` of a server, that is used here. */
interface Inner {
  readonly _protocol?: {
    readonly _cipher?: { readonly _cipherInstance?: Open | null };
    readonly _decipher?: { readonly _decipherInstance?: Open | null; _onPayload: Take };
  };
}

interface Open {
  final(): unknown;
}

/**
 * ssh2 keeps a cipher and a decipher for a connection, or opens them with each packet, and has no call that ends them;
 * Deno keeps what is left open for as long as the process lives.
 * @param connection an ssh2 `Client`, or the `Connection` of a server, whose socket is closed
 */
export function releaseCiphers(connection: object): void {
  const { _protocol: protocol } = connection as Inner;
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

/** IGNORE, UNIMPLEMENTED and DEBUG (RFC 4253, section 11): none asks anything of its receiver. */
const WITHOUT_MEANING: ReadonlySet<number | undefined> = new Set([2, 3, 4]);

/**
 * During a change of keys a server may still send what is to be ignored: sshd does so for each input of a terminal
 * without echo. ssh2 takes that for an attack wherever strict key exchange is agreed on, though strict key exchange
 * forbids it in the first exchange alone, and ends the connection. This drops it. Call it after each handshake, since
 * each brings another decipher; ssh2 sets a decipher's `_onPayload` where the next exchange begins.
 * @param client an ssh2 `Client`
 */
export function tolerateInRekey(client: object): void {
  const decipher = (client as Inner)._protocol?._decipher;
  if (decipher === undefined) return;
  let take = decipher._onPayload;
  Object.defineProperty(decipher, "_onPayload", {
    get: () => take,
    set(inExchange: Take) {
      take = (payload) => WITHOUT_MEANING.has(payload[0]) ? undefined : inExchange(payload);
    },
  });
}
