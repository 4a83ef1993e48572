/** A server that ends the connection when it is asked for a terminal, as OpenSSH's does where root does not run it. */
import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import ssh2 from "ssh2";
import { generateKey } from "../../src/ssh/generate_key.ts";
import { LoginProof } from "../../src/ssh/login_proof.ts";
import { releaseCiphers } from "../../src/ssh/inner_parts.ts";
import { scriptOf } from "../../src/ssh/sh_command.ts";
import { createSsh2Shell } from "../../src/ssh/ssh2_shell.ts";
import { PATIENCE } from "../eventually.ts";

const key = await generateKey();

async function startServer() {
  let connections = 0;
  const server = new ssh2.Server({ hostKeys: [key.private] }, (connection) => {
    connections++;
    connection.on("error", () => {});
    connection.on("close", () => releaseCiphers(connection));
    connection.on("authentication", (context) => context.accept());
    connection.on("session", (accept) => {
      const session = accept();
      session.on("pty", () => connection.end());
      session.on("exec", (acceptExec, _reject, { command }) => {
        const channel = acceptExec();
        const proof = LoginProof.read(scriptOf(command)!);
        channel.write(proof === null ? "ran\n" : `${proof.word}\nran\n`);
        channel.exit(0);
        channel.end();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    target: { address: "127.0.0.1", port, username: "debian", privateKey: key.private, hostKeys: [] },
    connections: () => connections,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

Deno.test("a server that breaks off when asked for a terminal is logged in to again, without one", async () => {
  await using server = await startServer();
  const limits = { timeout: PATIENCE, signal: new AbortController().signal };
  const shell = createSsh2Shell();
  assert.equal((await shell.login(server.target, { command: "true", ...limits })).output, "ran\n");
  assert.equal(server.connections(), 2);
  await using session = await shell.connect(server.target, limits);
  assert.equal(session.hasTerminal, false);
  assert.equal((await session.run("true", limits)).output, "ran\n");
});
