/**
 * What a router would do for floating IPs, as the development cloud has none: connections to a floating IP go on to
 * the server's fixed address, where its sshd listens. The whole of 127.0.0.0/8 is this machine, so one listener on
 * every address sees them all.
 */

/** Resolves to the fixed address behind a floating one; null: nothing has it. */
type FixedAddressOf = (floating: string) => Promise<string | null>;

const SSH_PORT = 22;

/** Forwards what comes in on a port that the system chooses, until it is disposed of. */
export function serveFloatingIps(
  fixedAddressOf: FixedAddressOf,
): AsyncDisposable & { readonly port: number } {
  const listener = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  const open = new Set<Promise<void>>();
  const connections = new Set<Deno.Conn>();
  const accepting = (async () => {
    for await (const connection of listener) {
      connections.add(connection);
      const forwarding = forward(connection, { fixedAddressOf, connections })
        .finally(() => open.delete(forwarding));
      open.add(forwarding);
    }
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const connection of connections) close(connection);
      await Promise.all(open);
    },
  };
}

async function forward(
  client: Deno.Conn,
  { fixedAddressOf, connections }: { fixedAddressOf: FixedAddressOf; connections: Set<Deno.Conn> },
): Promise<void> {
  let server: Deno.Conn | null = null;
  try {
    const hostname = await fixedAddressOf((client.localAddr as Deno.NetAddr).hostname);
    if (hostname === null) return;
    server = await Deno.connect({ hostname, port: SSH_PORT });
    connections.add(server);
    await Promise.all([
      client.readable.pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
  } catch {
    // Either end may hang up at any moment; the other one then sees that too.
  } finally {
    for (const connection of [client, server]) {
      if (connection === null) continue;
      connections.delete(connection);
      close(connection);
    }
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Its streams have closed it.
  }
}
