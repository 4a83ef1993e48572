/** A server in memory for links: what it says and when it goes away is up to the test. */
import type { Dial, Wire } from "../../src/demand/wire.ts";

export class ScriptedServer {
  /** All that were made, the newest last. */
  readonly connections: ScriptedConnection[] = [];
  /** Why nobody can connect; null: everybody can. */
  refusal: Error | null = null;
  /** Whether attempts to connect are neither accepted nor refused. */
  mute = false;
  /** When attempts succeed, even those that are called off by then. */
  accepted: Promise<void> = Promise.resolve();
  /** Called with each connection that is made. */
  onConnection: (connection: ScriptedConnection) => void = () => {};
  attempts = 0;

  readonly dial: Dial = async (_address, { signal }) => {
    this.attempts++;
    if (this.mute) {
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    }
    if (this.refusal !== null) throw this.refusal;
    await this.accepted;
    const connection = new ScriptedConnection();
    this.connections.push(connection);
    this.onConnection(connection);
    return connection;
  };

  get newest(): ScriptedConnection {
    return this.connections.at(-1)!;
  }
}

/** The client's end of a connection, and the server's hand on it. */
export class ScriptedConnection implements Wire {
  /** What the client sent. */
  readonly sent: Uint8Array[] = [];
  closed = false;
  /** Called with all that the client sends. */
  onSend: (bytes: Uint8Array) => void = () => {};
  readonly #chunks: (Uint8Array | null | Error)[] = [];
  #reading: PromiseWithResolvers<Uint8Array | null> | null = null;

  read(): Promise<Uint8Array | null> {
    this.#reading = Promise.withResolvers();
    const { promise } = this.#reading;
    this.#pass();
    return promise;
  }

  send(bytes: Uint8Array): void {
    if (this.closed) return;
    this.sent.push(bytes);
    this.onSend(bytes);
  }

  [Symbol.dispose](): void {
    this.closed = true;
    this.break(new Error("closed"));
  }

  /** The server says this. */
  say(...parts: (Uint8Array | string)[]): void {
    const encoder = new TextEncoder();
    this.#chunks.push(...parts.map((part) => typeof part === "string" ? encoder.encode(part) : part));
    this.#pass();
  }

  /** The server closes. */
  finish(): void {
    this.#chunks.push(null);
    this.#pass();
  }

  break(error: Error): void {
    this.#chunks.push(error);
    this.#pass();
  }

  #pass(): void {
    if (this.#reading === null || this.#chunks.length === 0) return;
    const reading = this.#reading;
    this.#reading = null;
    const chunk = this.#chunks.shift()!;
    if (chunk instanceof Error) reading.reject(chunk);
    else reading.resolve(chunk);
  }
}
