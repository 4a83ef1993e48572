/**
 * The real Wire, over TCP. Memory is bounded both ways: one buffer for reading, and a limit on what waits to be
 * written. A server that sends faster than it is understood holds up no other work.
 */
import { systemClock } from "../lib/clock.ts";
import type { Dial, Wire } from "./wire.ts";

/** Bytes that one read gives at most: so few that what is made of them takes no more than some milliseconds. */
const CHUNK = 64 * 1024;
/** Bytes that may wait to be written: far more than a server that works ever leaves. */
const MAX_UNSENT = 4 * 2 ** 20;

export const dialTcp: Dial = async ({ host, port }, { signal }) => {
  signal.throwIfAborted();
  try {
    return new TcpWire(await Deno.connect({ hostname: host, port, signal }));
  } catch (error) {
    signal.throwIfAborted();
    throw describeFailure(error);
  }
};

class TcpWire implements Wire {
  readonly #connection: Deno.TcpConn;
  readonly #chunk = new Uint8Array(CHUNK);
  readonly #unsent: Uint8Array[] = [];
  #unsentSize = 0;
  /** Bytes read since others could last run: a read of what is there already resolves without letting them. */
  #readAtOnce = 0;
  #writing = false;
  #closed = false;
  /** Why writing failed; `read` tells it. */
  #failure: Error | null = null;

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    connection.setNoDelay(true);
    connection.setKeepAlive(true);
  }

  async read(): Promise<Uint8Array | null> {
    try {
      if (this.#readAtOnce >= CHUNK) {
        await systemClock.sleep(0);
        this.#readAtOnce = 0;
      }
      const length = await this.#connection.read(this.#chunk);
      this.#readAtOnce += length ?? 0;
      return length === null ? null : this.#chunk.subarray(0, length);
    } catch (error) {
      throw this.#failure ?? describeFailure(error);
    }
  }

  send(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#unsent.push(bytes);
    this.#unsentSize += bytes.length;
    if (this.#unsentSize > MAX_UNSENT) {
      return this.#break(
        new Error(`it does not read its input: ${this.#unsentSize} bytes are waiting`),
      );
    }
    if (!this.#writing) this.#write();
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsent.length = 0;
    this.#connection.close();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      for (let bytes = this.#unsent.shift(); bytes !== undefined; bytes = this.#unsent.shift()) {
        for (let written = 0; written < bytes.length;) {
          written += await this.#connection.write(bytes.subarray(written));
        }
        this.#unsentSize -= bytes.length;
      }
    } catch (error) {
      this.#break(describeFailure(error));
    } finally {
      this.#writing = false;
    }
  }

  #break(failure: Error): void {
    if (this.#closed) return;
    this.#failure = failure;
    this[Symbol.dispose]();
  }
}

const DESCRIPTIONS: readonly [new (message: string) => Error, string][] = [
  [Deno.errors.ConnectionRefused, "connection refused; check that it runs and that this is its port"],
  [Deno.errors.ConnectionReset, "it reset the connection"],
  [Deno.errors.BrokenPipe, "it closed the connection"],
  [Deno.errors.TimedOut, "no response; check the address and any firewall"],
];

function describeFailure(error: unknown): Error {
  const { message } = error instanceof Error ? error : new Error(String(error));
  const known = DESCRIPTIONS.find(([kind]) => error instanceof kind);
  return new Error(known?.[1] ?? `the connection failed: ${message}`, { cause: error });
}
