/**
 * One accepted connection as the stream that node:http serves, and what its limits need to know of it: since when it
 * owes us something, a request or the taking of a piece of an answer. `HttpServer` makes and ends them.
 */
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { othersTurn } from "../in_slices.ts";

/** The most bytes read at once. */
const READ_SIZE = 16_384;

/** A client must take so much of an answer within the time for it: 8 KiB/s at 30 s. */
const WRITE_SIZE = 262_144;

/** Written at once, in a fraction of a millisecond. */
const SLICE = 65_536;

export class ConnectionStream extends Duplex {
  readonly #conn: Deno.Conn;
  readonly #monotonic: () => number;
  readonly #incoming = new Uint8Array(READ_SIZE);
  /** Whether its answer goes on for as long as the client wants: then it is no work, and is not waited for. */
  isStreaming = false;
  /** Requests that are there whole and not yet answered. */
  requests = 0;
  /** Since when a piece of an answer is to be taken; null: none is. */
  writesSince: number | null = null;
  /** Settles with the answer to the last request. */
  #turn: Promise<void> = Promise.resolve();
  #waitsSince: number;

  /** @param monotonic measures the times that it tells */
  constructor(conn: Deno.Conn, monotonic: () => number) {
    super({ allowHalfOpen: true });
    this.#conn = conn;
    this.#monotonic = monotonic;
    this.#waitsSince = monotonic();
    // Over TCP, the end of an answer must not wait for the acknowledgement of its beginning.
    if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
  }

  /** Since when a request is owed; null: one is being answered. */
  get waitsSince(): number | null {
    return this.requests === 0 ? this.#waitsSince : null;
  }

  /**
   * Answers a request that is there whole, once those before it are answered: answers leave in their order, so that one
   * made sooner would only take up memory. Does nothing for a client that has left.
   */
  async answer(work: () => Promise<void>): Promise<void> {
    const turn = this.requests++ === 0 ? work() : this.#turn.then(() => this.destroyed ? undefined : work());
    this.#turn = turn.catch(() => {});
    try {
      await turn;
    } finally {
      this.requests--;
      this.isStreaming = false;
      this.#waitsSince = this.#monotonic();
    }
  }

  override async _read(): Promise<void> {
    try {
      const size = await this.#conn.read(this.#incoming);
      this.push(size === null ? null : this.#incoming.slice(0, size));
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error) => void): void {
    void this.#send([bytes], done);
  }

  /** An answer's head and body in one, unless they are long. */
  override _writev(pieces: readonly { chunk: Buffer }[], done: (error?: Error) => void): void {
    const chunks = pieces.map(({ chunk }) => chunk);
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    void this.#send(length > WRITE_SIZE ? chunks : [Buffer.concat(chunks)], done);
  }

  async #send(chunks: readonly Buffer[], done: (error?: Error) => void): Promise<void> {
    try {
      for (const bytes of chunks) {
        for (let sent = 0; sent < bytes.length;) {
          this.writesSince = this.#monotonic();
          const end = sent + WRITE_SIZE;
          while (sent < Math.min(end, bytes.length)) {
            const taken = await this.#conn.write(bytes.subarray(sent, sent + SLICE));
            sent += taken;
            // What the system takes at once would keep everybody else waiting.
            if (taken === SLICE) await othersTurn();
          }
        }
      }
      done();
    } catch (error) {
      done(error as Error);
    } finally {
      this.writesSince = null;
    }
  }

  override _final(done: () => void): void {
    this.#conn.closeWrite().catch(() => {}).finally(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    try {
      this.#conn.close();
    } catch {
      // The other side was faster.
    }
    done(error);
  }

  // The rest of what node:http asks of a socket. Time limits are ours.
  readonly destroySoon = () => void this.end(() => this.destroy());
  readonly setTimeout = () => this;
  readonly setNoDelay = () => this;
  readonly setKeepAlive = () => this;
  readonly ref = () => this;
  readonly unref = () => this;
}
