/** Which process a connection comes from, on a machine where many have the same port at other addresses. */
import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { testNeeding } from "../needs.ts";
import { ownsPort } from "./owns_port.ts";

/** Connects from one port of twenty addresses, says so, and stays until its standard input ends. */
const crowd = `
import socket, sys
port, to = map(int, sys.argv[1:])
sockets = [socket.socket() for _ in range(20)]
for number, one in enumerate(sockets, 2):
    one.bind(("127.0.0.%d" % number, port))
    one.connect(("127.0.0.1", to))
print("connected", flush=True)
sys.stdin.read()
`;

async function listen(held: AsyncDisposableStack): Promise<number> {
  const server: Server = createServer((socket) => void socket.resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  held.defer(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

testNeeding(["python3"], "a connection's process is found where others have its port, too", async () => {
  await using held = new AsyncDisposableStack();
  const [to, elsewhere] = [await listen(held), await listen(held)];
  const socket = connect({ host: "127.0.0.1", port: to });
  held.defer(() => void socket.destroy());
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  const from = socket.localPort!;
  const child = new Deno.Command("python3", {
    args: ["-c", crowd, String(from), String(elsewhere)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  held.defer(async () => {
    await child.stdin.close();
    await child.status;
  });
  const reader = child.stdout.getReader();
  held.defer(() => reader.cancel());
  assert.match(new TextDecoder().decode((await reader.read()).value), /connected/);
  const owns = (pid: number, port: number) => ownsPort(pid, { from, to: port });
  assert.deepEqual([owns(Deno.pid, to), owns(child.pid, to)], [true, false]);
  assert.deepEqual([owns(Deno.pid, elsewhere), owns(child.pid, elsewhere)], [false, true]);
});
