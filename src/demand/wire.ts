/** A stream of bytes to a server and back: the port below the two protocols. `tcp_wire.ts` is the real one. */
import { bracketed } from "../domain/bracketed.ts";

export interface Address {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** An open connection; disposing of it closes it, and what is being read then fails. */
export interface Wire extends Disposable {
  /**
   * The next bytes, which are good until the next call; null at the end. One call at a time.
   * @throws Error that says in plain words why the connection broke
   */
  read(): Promise<Uint8Array | null>;
  /** Queues bytes. Where too many wait because the server takes none, the connection breaks, and `read` tells so. */
  send(bytes: Uint8Array): void;
}

/**
 * One attempt to connect.
 * @throws Error that says in plain words why there is no connection; the signal's reason on abort
 */
export type Dial = (address: Address, options: { signal: AbortSignal }) => Promise<Wire>;

/** `host:port`, as people write it. */
export function placeOf({ host, port }: Address): string {
  return `${bracketed(host)}:${port}`;
}
