/** Sessions whose connection breaks: cut, frozen, or ended by the server, while they work or in between. */
import { equal, match, rejects } from "node:assert/strict";
import { VirtualClock } from "../../virtual_clock.ts";
import type { ShellSession } from "../../../src/ssh/shell.ts";
import { createSsh2Shell } from "../../../src/ssh/ssh2_shell.ts";
import { eventually } from "../../eventually.ts";
import { failureOfLogin, targetOf } from "../../ssh/login_target.ts";
import { REKEY_LIMIT } from "../../ssh/openssh_server.ts";
import { startRelay } from "../../ssh/relay.ts";
import { limits, withOpensshServer } from "../../ssh/session_kit.ts";

const test = withOpensshServer("a broken session");

/** Everything that is asked of it now fails, and says that the connection is closed. */
async function expectClosed(session: ShellSession): Promise<void> {
  const calls = [
    () => session.run("true", limits()),
    () => session.copyFolder("/nonexistent", "/tmp", limits()),
  ];
  for (const call of calls) {
    const error = await failureOfLogin(call());
    equal(error.failure, "command");
    match(error.message, /: the connection is closed; log in again$/);
  }
}

test("fails the command under way and all later ones", async ({ server, connect }) => {
  await using relay = await startRelay(server);
  await using session = await connect({ port: relay.port });
  let started = false;
  const running = failureOfLogin(
    session.run("echo started; exec sleep 60", { ...limits(), onOutput: () => started = true }),
  );
  await eventually(() => started);
  relay.cut();
  const error = await running;
  equal(error.failure, "command");
  match(error.message, /connection broke while the command ran|closed the connection during the command/);
  await expectClosed(session);
});

test("fails its command as one, also after the keys were changed", async ({ server, connect }) => {
  await using relay = await startRelay(server);
  await using session = await connect({ port: relay.port });
  let bytes = 0;
  const onOutput = (chunk: Uint8Array) => void (bytes += chunk.length);
  const running = failureOfLogin(session.run("yes", { ...limits(), onOutput }));
  await eventually(() => bytes > 2.5 * REKEY_LIMIT);
  relay.cut();
  const error = await running;
  equal(error.failure, "command");
  match(error.message, /connection broke while the command ran|closed the connection during the command/);
});

test("that broke while nothing was asked of it fails all later commands", async ({ server, connect }) => {
  await using relay = await startRelay(server);
  await using session = await connect({ port: relay.port });
  equal((await session.run("echo one", limits())).output, "one\n");
  relay.cut();
  // Whether it has noticed yet or not, the next command must fail.
  equal((await failureOfLogin(session.run("true", limits()))).failure, "command");
  await expectClosed(session);
});

test("that the server ends fails the command under way", async ({ connect }) => {
  await using session = await connect();
  const error = await failureOfLogin(session.run("kill -9 $PPID; sleep 60", limits()));
  equal(error.failure, "command");
  match(error.message, /closed the connection during the command|connection broke while the command ran/);
  await expectClosed(session);
});

test("whose server does not answer any more is noticed by its keepalives", async ({ server, connect }) => {
  await using relay = await startRelay(server);
  await using session = await connect({ port: relay.port, keepalive: 30 });
  let started = false;
  const running = failureOfLogin(
    session.run("echo started; exec sleep 60", { ...limits(), onOutput: () => started = true }),
  );
  await eventually(() => started);
  relay.freeze();
  const error = await running;
  equal(error.failure, "command");
  match(error.message, /the connection broke while the command ran: the server stopped responding$/);
  await expectClosed(session);
});

test("is not taken for dead while its command is silent", async ({ server, connect, folder }) => {
  await using relay = await startRelay(server);
  await using session = await connect({ port: relay.port, keepalive: 250 });
  const go = `${folder}/go`;
  const running = session.run(`until [ -e "${go}" ]; do sleep 0.05; done; echo over`, limits());
  const before = relay.sent();
  // More keepalives than may go without an answer, at some 64 bytes each.
  await eventually(() => relay.sent() - before > 500);
  await Deno.writeTextFile(go, "");
  equal((await running).output, "over\n");
});

test("fails a copy under way, at whatever point it breaks", async ({ server, connect, folder }) => {
  const local = `${folder}/many`;
  await Deno.mkdir(`${local}/sub`, { recursive: true });
  for (let at = 0; at < 40; at++) await Deno.writeTextFile(`${local}/sub/${at}`, "x".repeat(10_000 * at));
  for (let most = 20_000; most < 5_000_000; most *= 2) {
    await using relay = await startRelay(server);
    await using session = await connect({ port: relay.port });
    const copying = failureOfLogin(session.copyFolder(local, `${folder}/copy`, limits()));
    await eventually(() => relay.sent() > most);
    relay.cut();
    const error = await copying;
    equal(error.failure, "command");
    match(error.message, /broke while files were copied|closed the connection during the copy of files/);
    await expectClosed(session);
  }
});

test("that stalls in a copy fails it in time, and closes", async ({ server, connect, folder }) => {
  const local = `${folder}/big`;
  await Deno.mkdir(local);
  await Deno.writeFile(`${local}/file`, new Uint8Array(30_000_000));
  const clock = new VirtualClock();
  await using relay = await startRelay(server);
  const session = await connect({ port: relay.port, clock });
  const copying = failureOfLogin(
    session.copyFolder(local, `${folder}/stalled`, limits({ timeout: 60_000 })),
  );
  await eventually(() => relay.sent() > 1_000_000);
  relay.freeze();
  await clock.advance(60_000);
  const error = await copying;
  equal(error.failure, "timeout");
  match(error.message, /after 60 s: the copy of files did not finish$/);
  const closed = session[Symbol.asyncDispose]();
  await clock.advance(1_000);
  await closed;
});

test("of which nobody answers the handshake is not opened", async ({ server }) => {
  const clock = new VirtualClock();
  await using relay = await startRelay(server);
  relay.freeze();
  const shell = createSsh2Shell({ clock });
  const connecting = failureOfLogin(
    shell.connect(targetOf(server, { port: relay.port }), limits({ timeout: 10_000 })),
  );
  await eventually(() => relay.sent() > 0);
  await clock.advance(10_000);
  const error = await connecting;
  equal(error.failure, "timeout");
  match(error.message, /after 10 s: the SSH handshake did not finish$/);
});

test("is left alone by an abort before or while it is opened", async ({ server }) => {
  const shell = createSsh2Shell();
  const gone = AbortSignal.abort(new Error("shutting down"));
  await rejects(shell.connect(targetOf(server), limits({ signal: gone })), /shutting down/);
  await using relay = await startRelay(server);
  relay.freeze();
  const controller = new AbortController();
  const connecting = shell.connect(
    targetOf(server, { port: relay.port }),
    limits({ signal: controller.signal }),
  );
  const rejected = rejects(connecting, /shutting down/);
  await eventually(() => relay.sent() > 0);
  controller.abort(new Error("shutting down"));
  await rejected;
});
