/**
 * During a change of keys a server may still send what is to be ignored: sshd does so for each input of a terminal
 * without echo. ssh2 takes that for an attack wherever strict key exchange is agreed on, though strict key exchange
 * forbids it in the first exchange alone, and ends the connection. This drops it. `ssh2_connection.ts` calls it.
 */

/** IGNORE, UNIMPLEMENTED and DEBUG (RFC 4253, section 11): none asks anything of its receiver. */
const WITHOUT_MEANING: ReadonlySet<number | undefined> = new Set([2, 3, 4]);

type Take = (payload: Uint8Array) => unknown;

/** The part of ssh2's inner parts that is reached into: its version is pinned. */
interface Ssh2Client {
  readonly _protocol?: { readonly _decipher?: { _onPayload: Take } };
}

/**
 * Call it after each handshake, since each brings another decipher. ssh2 sets a decipher's `_onPayload` where the next
 * exchange begins.
 * @param client an ssh2 `Client`
 */
export function tolerateInRekey(client: object): void {
  const decipher = (client as Ssh2Client)._protocol?._decipher;
  if (decipher === undefined) return;
  let take = decipher._onPayload;
  Object.defineProperty(decipher, "_onPayload", {
    get: () => take,
    set(inExchange: Take) {
      take = (payload) => WITHOUT_MEANING.has(payload[0]) ? undefined : inExchange(payload);
    },
  });
}
