/** Logins that are cut in the middle of a packet, at either end; the resource sanitizer sees what they leave. */
import assert from "node:assert/strict";
import { createServer, Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { createSsh2Shell } from "../../src/ssh/ssh2_shell.ts";
import { serveForTest } from "../simulator/served_simulator.ts";
import { SimulatedClient } from "../simulator/simulated_client.ts";
import { generateKey } from "../../src/ssh/generate_key.ts";
import { options } from "./login_target.ts";

interface Way {
  readonly from: "client" | "server";
  /** Bytes that are let through; then both sides lose their connection. */
  readonly most: number;
}

/** Stands between a client and an SSH server, and counts what went through each way. */
async function startCutter(to: { host: string; port: number }, cut: Way) {
  const passed = { client: 0, server: 0 };
  const open = new Set<Socket>();
  const listener = createServer((client) => {
    const server = new Socket().connect(to.port, to.host);
    const pass = (from: Way["from"], [source, sink]: [Socket, Socket]) => {
      open.add(source.on("error", () => {}).once("close", () => (sink.destroy(), open.delete(source))));
      source.on("data", (chunk) => {
        const room = cut.from === from ? cut.most - passed[from] : Infinity;
        const part = chunk.subarray(0, Math.min(chunk.length, room));
        passed[from] += part.length;
        if (part.length === chunk.length) sink.write(part);
        else sink.end(part, () => source.destroy());
      });
    };
    pass("client", [client, server]);
    pass("server", [server, client]);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    passed,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<unknown>((resolve) => listener.close(resolve));
    },
  };
}

async function bootedServer() {
  const { public: publicKey, private: privateKey } = await generateKey();
  const world = await serveForTest({ clouds: [{ bootTime: 0 }] });
  const client = await SimulatedClient.login(world.simulator);
  const keypair = { name: "key", public_key: publicKey };
  await client.call("POST", "/compute/v2.1/os-keypairs", { keypair });
  const server = world.simulator.cloud().servers.get(await client.booted("one", { key_name: "key" }))!;
  const at = { host: server.ports[0]!.address, port: world.served.sshPort };
  const login = async (cut: Way) => {
    await using cutter = await startCutter(at, cut);
    const target = { address: "127.0.0.1", port: cutter.port, username: "debian", privateKey, hostKeys: [] };
    const result = await createSsh2Shell().login(target, options("true")).catch((error: Error) => error);
    return { passed: cutter.passed, failed: result instanceof Error };
  };
  return { login, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

for (const from of ["client", "server"] as const) {
  Deno.test(`a login that is cut in the middle of a packet of the ${from} leaves nothing open`, async () => {
    await using server = await bootedServer();
    const whole = await server.login({ from, most: Infinity });
    assert.equal(whole.failed, false);
    let failed = 0;
    // Through the last packets, which are encrypted: some cut falls between a packet and its tag.
    for (let bytes = 8; bytes < 360; bytes += 16) {
      failed += Number((await server.login({ from, most: whole.passed[from] - bytes })).failed);
    }
    assert.ok(failed > 10, `only ${failed} logins failed`);
  });
}
