/** Stands between a client and a server on loopback, and lets tests break what goes through it. */
import { type AddressInfo, createServer, Socket } from "node:net";

interface Relay extends AsyncDisposable {
  readonly port: number;
  /** Bytes that the client has sent so far. */
  readonly sent: () => number;
  /** From now on nothing goes through, and nobody is told: as where a cable is pulled. */
  freeze(): void;
  /** Ends every connection at once. */
  cut(): void;
}

export async function startRelay(to: { readonly port: number }): Promise<Relay> {
  const open = new Set<Socket>();
  let sent = 0;
  let frozen = false;
  const listener = createServer((client) => {
    const server = new Socket().connect(to.port, "127.0.0.1");
    const pass = (source: Socket, sink: Socket) => {
      open.add(source.on("error", () => {}).once("close", () => (sink.destroy(), open.delete(source))));
      source.on("data", (chunk) => {
        if (source === client) sent += chunk.length;
        if (!frozen && !sink.write(chunk)) {
          source.pause();
          sink.once("drain", () => source.resume());
        }
      });
    };
    pass(client, server);
    pass(server, client);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    sent: () => sent,
    freeze() {
      frozen = true;
    },
    cut() {
      for (const socket of open) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<unknown>((resolve) => listener.close(resolve));
    },
  };
}
