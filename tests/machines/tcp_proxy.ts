/**
 * A way over TCP that a test can break as networks break: `cut` lets nothing through, without a word to either end, and
 * what was sent meanwhile arrives when it is healed, however late; `swallowAnswers` lets requests arrive and no answer
 * come back; `refuse` resets connections. Tests put one between each process and each member of etcd.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

type State = "open" | "cut" | "swallows answers" | "refuses";

/** Which connections, by the client's port; left out: all, those to come as well. */
type Which = (clientPort: number) => boolean;

class Connection {
  readonly #near: Socket;
  readonly #far: Socket;
  /** Whether answers were swallowed: what would come now makes no sense to the client. */
  #isBroken = false;

  constructor(near: Socket, far: Socket) {
    this.#near = near;
    this.#far = far;
    near.on("data", (bytes) => far.write(bytes));
    far.on("data", (bytes) => this.#isBroken ? undefined : near.write(bytes));
    for (const [one, other] of [[near, far], [far, near]] as const) {
      one.on("error", () => other.destroy());
      one.on("end", () => other.end());
      one.on("close", () => other.destroy());
    }
  }

  /** The port that the client has. */
  get clientPort(): number {
    return this.#near.remotePort ?? 0;
  }

  apply(state: State): void {
    if (state === "refuses" || (this.#isBroken && state === "open")) return this.reset();
    this.#isBroken ||= state === "swallows answers";
    for (const socket of [this.#near, this.#far]) {
      if (state === "cut") socket.pause();
      else socket.resume();
    }
  }

  reset(): void {
    this.#near.resetAndDestroy();
    this.#far.destroy();
  }
}

export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #state: State = "open";
  #which: Which = () => true;

  /** @param to the port of 127.0.0.1, or the address, that it leads to; nobody need listen there yet */
  static async open(to: number | { host: string; port: number }): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new TcpProxy(server, typeof to === "number" ? { host: "127.0.0.1", port: to } : to);
  }

  private constructor(server: Server, to: { host: string; port: number }) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (near: Socket) => {
      const connection = new Connection(near, connect({ ...to, allowHalfOpen: true }));
      this.#connections.add(connection);
      near.once("close", () => this.#connections.delete(connection));
      this.#apply(connection);
    });
  }

  cut(which?: Which): void {
    this.#become("cut", which);
  }

  swallowAnswers(): void {
    this.#become("swallows answers");
  }

  refuse(): void {
    this.#become("refuses");
  }

  heal(): void {
    this.#become("open");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.reset();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #become(state: State, which: Which = () => true): void {
    this.#state = state;
    this.#which = which;
    for (const connection of this.#connections) this.#apply(connection);
  }

  #apply(connection: Connection): void {
    connection.apply(this.#which(connection.clientPort) ? this.#state : "open");
  }
}
