/**
 * Stands between two ZeroMQ sockets and rewrites how each greets the other, so that each takes the other for an older
 * version and a real libzmq speaks that version's protocol.
 */

/** What is passed on instead of a byte at that place from the beginning, either way. */
type Rewriting = (byte: number, place: number) => readonly number[];

interface RewritingProxy extends AsyncDisposable {
  readonly port: number;
}

/** ZMTP 2.0 has its revision where 3 and later have the major version. */
export function asRevision(revision: number): Rewriting {
  return (byte, place) => place === 10 ? [revision] : [byte];
}

/** The greeting of ZMTP 1.0 is a frame with the peer's identity: here an empty one, in place of the signature. */
export const asUnversioned: Rewriting = (byte, place) =>
  place >= 10 ? [byte] : place === 0 ? [1] : place === 1 ? [0] : [];

/** Serves one connection to the port. */
export function startRewritingProxy(port: number, rewriting: Rewriting): RewritingProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.TcpConn[] = [];
  const serving = (async () => {
    const client = await listener.accept();
    connections.push(client);
    const server = await Deno.connect({ hostname: "127.0.0.1", port });
    connections.push(server);
    await Promise.allSettled([
      relay({ from: client, to: server }, rewriting),
      relay({ from: server, to: client }, rewriting),
    ]);
  })().catch(() => {});
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      connections.forEach((connection) => connection.close());
      await serving;
    },
  };
}

/** Longer than any greeting. */
const GREETING = 64;

async function relay(
  { from, to }: { from: Deno.TcpConn; to: Deno.TcpConn },
  rewrite: Rewriting,
): Promise<void> {
  const chunk = new Uint8Array(16 * 1024);
  let place = 0;
  for (let size = await from.read(chunk); size !== null; size = await from.read(chunk)) {
    const read = chunk.slice(0, size);
    const bytes = place >= GREETING
      ? read
      : Uint8Array.from([...read].flatMap((byte) => rewrite(byte, place++)));
    for (let written = 0; written < bytes.length;) written += await to.write(bytes.subarray(written));
  }
}
