/** Commands on a session with a real OpenSSH server: what they give, and what outlives them. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { VirtualClock } from "../virtual_clock.ts";
import { createSsh2Shell } from "../../src/ssh/ssh2_shell.ts";
import { eventually } from "../eventually.ts";
import { failureOfLogin, targetOf } from "./login_target.ts";
import { freePort, makeKey } from "./openssh_server.ts";
import { limits, withOpensshServer } from "./session_kit.ts";
import { exists } from "../exists.ts";

const test = withOpensshServer("a session");

test("runs one command after the other, and tells the host key", async ({ server, connect }) => {
  await using session = await connect();
  equal(session.hostKey, server.hostKeys.ed25519);
  for (const code of [0, 7]) {
    const result = await session.run(`echo out; echo err >&2; exit ${code}`, limits());
    equal(result.exitCode, code);
    deepEqual(result.output.split("\n").sort(), ["", "err", "out"]);
  }
});

test("runs commands side by side", async ({ connect }) => {
  await using session = await connect();
  const results = await Promise.all([1, 2, 3, 4].map((number) => session.run(`echo ${number}`, limits())));
  deepEqual(results.map(({ output }) => output), ["1\n", "2\n", "3\n", "4\n"]);
});

test("gives a command no input to wait for", async ({ connect }) => {
  await using session = await connect();
  equal((await session.run("cat; echo over", limits())).output, "over\n");
});

test("hands output on as it comes, before the command ends", async ({ connect, folder }) => {
  await using session = await connect();
  let seen = "";
  const onOutput = (chunk: Uint8Array) => void (seen += new TextDecoder().decode(chunk));
  const go = `${folder}/go`;
  const command = `echo first; echo second >&2; until [ -e "${go}" ]; do sleep 0.02; done; echo third`;
  const running = session.run(command, { ...limits(), onOutput });
  await eventually(() => seen.includes("first\n") && seen.includes("second\n"));
  ok(!seen.includes("third"));
  await Deno.writeTextFile(go, "");
  equal((await running).output, seen);
});

test("ends a command whose output nobody can take, with what was thrown", async ({ connect }) => {
  await using session = await connect();
  const onOutput = () => {
    throw new Error("no room");
  };
  await rejects(session.run("yes", { ...limits(), onOutput }), /^Error: no room$/);
  equal((await session.run("echo still", limits())).output, "still\n");
});

test("goes on after a command that was not over in time", async ({ connect, folder }) => {
  const clock = new VirtualClock();
  await using session = await connect({ clock });
  const started = `${folder}/slow`;
  const slow = failureOfLogin(
    session.run(`touch "${started}"; exec sleep 60`, limits({ timeout: 30_000 })),
  );
  await eventually(() => exists(started));
  await clock.advance(30_000);
  const error = await slow;
  equal(error.failure, "timeout");
  match(error.message, /^login as \S+ to 127\.0\.0\.1 port \d+: after 30 s: the command did not finish$/);
  equal((await session.run("echo next", limits())).output, "next\n");
});

test("drops what a command that was not over in time goes on writing", async ({ connect }) => {
  const clock = new VirtualClock();
  await using session = await connect({ clock });
  let bytes = 0;
  const onOutput = (chunk: Uint8Array) => void (bytes += chunk.length);
  const endless = failureOfLogin(session.run("yes", { ...limits({ timeout: 1_000 }), onOutput }));
  await eventually(() => bytes > 5_000_000);
  await clock.advance(1_000);
  equal((await endless).failure, "timeout");
  const taken = bytes;
  equal((await session.run("echo next", limits())).output, "next\n");
  equal(bytes, taken);
});

test("goes on after a command that was aborted", async ({ connect, folder }) => {
  await using session = await connect();
  const controller = new AbortController();
  const started = `${folder}/aborted`;
  const aborted = session.run(
    `touch "${started}"; exec sleep 60`,
    limits({ signal: controller.signal }),
  );
  const rejected = rejects(aborted, /enough/);
  await eventually(() => exists(started));
  controller.abort(new Error("enough"));
  await rejected;
  equal((await session.run("echo next", limits())).output, "next\n");
  await rejects(session.run("true", limits({ signal: controller.signal })), /enough/);
});

test("says so where the server runs no further command at the same time", async ({ connect }) => {
  await using session = await connect();
  const stop = new AbortController();
  // sshd lets ten of them be open (MaxSessions).
  const waiting = Array.from(
    { length: 10 },
    () => session.run("exec sleep 60", limits({ signal: stop.signal })).catch(() => {}),
  );
  const error = await failureOfLogin(session.run("true", limits()));
  equal(error.failure, "command");
  match(error.message, /the server did not run the command: \(SSH\) Channel open failure: open failed/);
  stop.abort(new Error("over"));
  await Promise.all(waiting);
});

test("is not opened where the login does not work", async ({ server, folder }) => {
  const shell = createSsh2Shell();
  const refused = await makeKey(folder, { name: "refused", type: "ed25519" });
  const cases = [
    { other: { port: freePort() }, failure: "network" },
    { other: { privateKey: refused.secret }, failure: "auth" },
    { other: { privateKey: "none" }, failure: "auth" },
    { other: { hostKeys: [refused.open] }, failure: "hostKey" },
  ];
  for (const { other, failure } of cases) {
    const error = await failureOfLogin(shell.connect(targetOf(server, other), limits()));
    equal(error.failure, failure);
  }
});
