import { equal, match, rejects } from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { VirtualClock } from "../virtual_clock.ts";
import type { LoginTarget } from "../../src/ssh/shell.ts";
import { createSsh2Shell } from "../../src/ssh/ssh2_shell.ts";
import { eventually } from "../eventually.ts";
import { failureOfLogin, options } from "./login_target.ts";
import { freePort } from "./openssh_server.ts";

const privateKey = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "pkcs1", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
}).privateKey;

function target(port: number): LoginTarget {
  return { address: "127.0.0.1", port, username: "ci", privateKey, hostKeys: [] };
}

/** A server that is no SSH server: does `serve` with the first connection. */
function listenOnce(serve: (connection: Deno.Conn) => Promise<unknown> | void) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const state = { accepted: false, done: Promise.resolve() as Promise<unknown> };
  state.done = listener.accept().then(async (connection) => {
    state.accepted = true;
    try {
      await serve(connection);
      while (await connection.read(new Uint8Array(1024)) !== null);
    } catch {
      // The client has gone, rudely or not: what a test looks at is how its side ended.
    } finally {
      connection.close();
    }
  });
  return {
    port: listener.addr.port,
    accepted: () => state.accepted,
    async [Symbol.asyncDispose]() {
      await state.done;
      listener.close();
    },
  };
}

Deno.test("login() fails as `network` where nothing listens", async () => {
  const error = await failureOfLogin(createSsh2Shell().login(target(freePort()), options("true")));
  equal(error.failure, "network");
  match(error.message, /^login as ci to 127\.0\.0\.1 port \d+: connection refused/);
});

Deno.test("login() fails as `timeout` where the server is silent", async () => {
  const clock = new VirtualClock();
  await using silent = listenOnce(() => {});
  const login = failureOfLogin(
    createSsh2Shell({ clock }).login(target(silent.port), options("true", { timeout: 5_000 })),
  );
  await eventually(silent.accepted);
  await clock.advance(4_999);
  await clock.advance(1);
  const error = await login;
  equal(error.failure, "timeout");
  match(error.message, /after 5 s: /);
});

Deno.test("login() fails as `handshake` where something else than SSH answers", async () => {
  await using web = listenOnce(async (connection) => {
    await connection.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await connection.closeWrite();
  });
  const error = await failureOfLogin(createSsh2Shell().login(target(web.port), options("true")));
  equal(error.failure, "handshake");
  match(
    error.message,
    /: the server answered with "HTTP\/1\.1 400 Bad Request" in place of an SSH version; check that an SSH server/,
  );
});

Deno.test("login() fails as `handshake` where the server's SSH is too old", async () => {
  await using old = listenOnce(async (connection) => {
    await connection.write(new TextEncoder().encode("SSH-1.5-museum\r\n"));
  });
  const error = await failureOfLogin(createSsh2Shell().login(target(old.port), options("true")));
  equal(error.failure, "handshake");
});

Deno.test("login() fails as `handshake` where the server hangs up at once", async () => {
  await using rude = listenOnce((connection) => connection.closeWrite());
  const error = await failureOfLogin(createSsh2Shell().login(target(rude.port), options("true")));
  equal(error.failure, "handshake");
  match(error.message, /: the server closed the connection before the SSH handshake; check .*MaxStartups/);
});

Deno.test("login() says what a server said that has too many logins, or sends text without an end", async () => {
  for (
    const [text, said] of [["Exceeded MaxStartups\r\n", "Exceeded MaxStartups"], [
      "x".repeat(2 ** 20),
      "x".repeat(200),
    ]]
  ) {
    await using busy = listenOnce(async (connection) => {
      for (let bytes = new TextEncoder().encode(text); bytes.length > 0;) {
        bytes = bytes.subarray(await connection.write(bytes));
      }
      await connection.closeWrite();
    });
    const error = await failureOfLogin(createSsh2Shell().login(target(busy.port), options("true")));
    equal(error.failure, "handshake");
    equal(error.message.includes(`the server answered with "${said}" in place`), true, error.message);
  }
});

Deno.test("login() fails as `handshake` where garbage follows the greeting", async () => {
  await using broken = listenOnce(async (connection) => {
    await connection.write(new TextEncoder().encode("SSH-2.0-broken\r\n" + "\xff".repeat(200)));
    await connection.closeWrite();
  });
  const error = await failureOfLogin(createSsh2Shell().login(target(broken.port), options("true")));
  equal(error.failure, "handshake");
});

Deno.test("login() ends with the signal's reason when it is aborted before it begins", async () => {
  const signal = AbortSignal.abort(new Error("shutting down"));
  await rejects(createSsh2Shell().login(target(freePort()), options("true", { signal })), /shutting down/);
});

Deno.test("login() ends with the signal's reason when it is aborted while it connects", async () => {
  const controller = new AbortController();
  await using silent = listenOnce(() => {});
  const clock = new VirtualClock();
  // The clock is asked for the timeout in the turn in which the socket begins to connect.
  const sleep = clock.sleep.bind(clock);
  clock.sleep = (milliseconds, rest) => {
    queueMicrotask(() => controller.abort(new Error("shutting down")));
    return sleep(milliseconds, rest);
  };
  const login = createSsh2Shell({ clock }).login(
    target(silent.port),
    options("true", { signal: controller.signal }),
  );
  await rejects(login, /shutting down/);
  if (!silent.accepted()) (await Deno.connect({ hostname: "127.0.0.1", port: silent.port })).close();
});

Deno.test("login() ends with the signal's reason when it is aborted during the handshake", async () => {
  const controller = new AbortController();
  await using silent = listenOnce(() => {});
  const login = createSsh2Shell().login(
    target(silent.port),
    options("true", { signal: controller.signal }),
  );
  const rejected = rejects(login, /shutting down/);
  await eventually(silent.accepted);
  controller.abort(new Error("shutting down"));
  await rejected;
});
