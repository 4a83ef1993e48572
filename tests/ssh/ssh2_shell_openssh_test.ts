import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { VirtualClock } from "../virtual_clock.ts";
import { createSsh2Shell } from "../../src/ssh/ssh2_shell.ts";
import { eventually } from "../eventually.ts";
import { failureOfLogin, options, targetOf } from "./login_target.ts";
import { missingNeed, type Need, testNeeding } from "../needs.ts";
import { makeKey, opensshNeeds, type OpensshServer, startOpensshServer } from "./openssh_server.ts";
import { exists } from "../exists.ts";

const missing = missingNeed(opensshNeeds);

let server: OpensshServer;
let folder: string;

Deno.test.beforeAll(async () => {
  if (missing !== null) return;
  folder = await Deno.makeTempDir({ prefix: "login-" });
  server = await startOpensshServer({ hostKeyTypes: ["ed25519", "rsa"] });
});

Deno.test.afterAll(async () => {
  if (missing !== null) return;
  await server?.[Symbol.asyncDispose](); // not there where it did not start
  await Deno.remove(folder, { recursive: true });
});

function withServer(name: string, fn: () => Promise<void>, { needs = [] as readonly Need[] } = {}): void {
  testNeeding([...opensshNeeds, ...needs], `login() ${name}`, fn);
}

withServer("runs the command and gives its exit code, both outputs and the host key", async () => {
  const result = await createSsh2Shell().login(
    targetOf(server),
    options("echo out; echo err >&2; exit 7"),
  );
  equal(result.exitCode, 7);
  deepEqual(result.output.split("\n").sort(), ["", "err", "out"]);
  equal(result.hostKey, server.hostKeys.ed25519);
});

withServer("works over IPv6", async () => {
  const result = await createSsh2Shell().login(targetOf(server, { address: "::1" }), options("echo six"));
  equal(result.output, "six\n");
}, { needs: ["ipv6"] });

withServer("works with an RSA key in PEM form", async () => {
  const key = await makeKey(folder, { name: "rsa", type: "rsa" });
  await new Deno.Command("ssh-keygen", {
    args: ["-q", "-p", "-m", "PEM", "-N", "", "-f", join(folder, "rsa")],
    stdout: "null",
  }).output();
  const privateKey = await Deno.readTextFile(join(folder, "rsa"));
  match(privateKey, /BEGIN RSA PRIVATE KEY/);
  await using other = await startOpensshServer({ authorized: [key.open] });
  const result = await createSsh2Shell().login(targetOf(other, { privateKey }), options("echo rsa"));
  equal(result.output, "rsa\n");
});

withServer("gives a command no input to wait for", async () => {
  const result = await createSsh2Shell().login(targetOf(server), options("cat; echo over"));
  equal(result.output, "over\n");
});

withServer("gives a command ended by a signal the exit code that a shell would", async () => {
  const result = await createSsh2Shell().login(targetOf(server), options("echo before; kill -TERM $$"));
  deepEqual([result.exitCode, result.output], [128 + 15, "before\n"]);
});

withServer("keeps the last 64 KiB of what the command writes", async () => {
  const result = await createSsh2Shell().login(
    targetOf(server),
    options("head -c 1000000 /dev/zero | tr '\\0' x; echo the end"),
  );
  equal(result.output.length, 64 * 1024);
  ok(result.output.endsWith("xxx" + "the end\n"));
});

withServer("accepts a recorded host key, of whatever type it is", async () => {
  for (const type of ["rsa", "ed25519"]) {
    const hostKeys = [server.hostKeys[type]!];
    const result = await createSsh2Shell().login(targetOf(server, { hostKeys }), options("true"));
    equal(result.hostKey, hostKeys[0]);
  }
});

withServer("refuses a server whose host key is not the recorded one", async () => {
  const other = await makeKey(folder, { name: "stranger", type: "ed25519" });
  const login = createSsh2Shell().login(targetOf(server, { hostKeys: [other.open] }), options("true"));
  const error = await failureOfLogin(login);
  equal(error.failure, "hostKey");
  match(error.message, /ssh-ed25519 host key differs from the recorded one/);
});

withServer("fails as `auth` where the server refuses the key", async () => {
  const { secret } = await makeKey(folder, { name: "refused", type: "ed25519" });
  const error = await failureOfLogin(
    createSsh2Shell().login(targetOf(server, { privateKey: secret }), options("true")),
  );
  equal(error.failure, "auth");
  match(error.message, /127\.0\.0\.1 port \d+: the server refused the key/);
});

withServer("fails as `auth` with a private key that can't be used, and says why", async () => {
  const locked = await makeKey(folder, { name: "locked", type: "ed25519", passphrase: "secret" });
  const cases: [string, RegExp][] = [
    [
      locked.secret,
      /the private key is encrypted \(OpenSSH, bcrypt, aes256-ctr\); remove its passphrase with: ssh-keygen/,
    ],
    [locked.open, /the private key is a public key/],
    ["no key at all", /the private key is not a private key/],
  ];
  for (const [privateKey, expected] of cases) {
    const login = createSsh2Shell().login(targetOf(server, { privateKey }), options("true"));
    const error = await failureOfLogin(login);
    equal(error.failure, "auth");
    match(error.message, expected);
    ok(!error.message.includes(privateKey));
  }
});

withServer("fails as `command` where the connection ends before the command does", async () => {
  const error = await failureOfLogin(
    createSsh2Shell().login(targetOf(server), options("kill -9 $PPID; sleep 60")),
  );
  equal(error.failure, "command");
  match(error.message, /closed the connection during the command|connection broke while the command ran/);
});

withServer("fails as `timeout` where the command does not end in time", async () => {
  const clock = new VirtualClock();
  const started = join(folder, "started");
  const login = failureOfLogin(
    createSsh2Shell({ clock }).login(
      targetOf(server),
      options(`touch "${started}"; exec sleep 60`, { timeout: 30_000 }),
    ),
  );
  await eventually(() => exists(started));
  await clock.advance(30_000);
  const error = await login;
  equal(error.failure, "timeout");
  match(error.message, /after 30 s: the command did not finish/);
});

withServer("ends with the signal's reason when it is aborted while the command runs", async () => {
  const controller = new AbortController();
  const running = join(folder, "running");
  const login = createSsh2Shell().login(
    targetOf(server),
    options(`touch "${running}"; exec sleep 60`, { signal: controller.signal }),
  );
  const rejected = rejects(login, /enough/);
  await eventually(() => exists(running));
  controller.abort(new Error("enough"));
  await rejected;
});

withServer("does many at once", async () => {
  const shell = createSsh2Shell();
  const logins = Array.from({ length: 8 }, (_, at) => shell.login(targetOf(server), options(`echo ${at}`)));
  const results = await Promise.all(logins);
  deepEqual(results.map(({ output }) => output), logins.map((_, at) => `${at}\n`));
});
