/** A real OpenSSH server, set up as people's servers are: what works, and what is told by name where it cannot. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createSsh2Shell } from "../../../src/ssh/ssh2_shell.ts";
import { SECOND } from "../../../src/domain/time.ts";
import { VirtualClock } from "../../virtual_clock.ts";
import { script } from "../../build/processes.ts";
import { eventually } from "../../eventually.ts";
import { testNeeding } from "../../needs.ts";
import { failureOfLogin, options, targetOf } from "../../ssh/login_target.ts";
import { makeKey, opensshNeeds, startOpensshServer } from "../../ssh/openssh_server.ts";
import { limits } from "../../ssh/session_kit.ts";

const test = (name: string, fn: () => Promise<void>) => testNeeding(opensshNeeds, name, fn);
/** Only where root runs it can sshd give terminals. */
const testTerminals = (name: string, fn: () => Promise<void>) =>
  testNeeding([...opensshNeeds, "root"], name, fn);

const ADVICE = `Please login as the user "ubuntu" rather than the user "root".`;
const forced = (command: string) => ({ keyOptions: `command="${command.replaceAll('"', '\\"')}"` });

/** What keys are tied to, and what each prints. */
const commands: readonly (readonly [string, string, RegExp])[] = [
  [
    "prints advice and ends with 0",
    `echo '${ADVICE}'; echo`,
    /exit code 0.*Please login as the user "ubuntu"/,
  ],
  [
    "prints advice and ends with 142",
    `echo '${ADVICE}'; exit 142`,
    /exit code 142.*Please login as the user "ubuntu"/,
  ],
  ["is /bin/true", "true", /exit code 0.*printed nothing/],
  ["echoes what it was asked", 'echo "$SSH_ORIGINAL_COMMAND"', /did not run nodepool's command/],
  [
    "writes what it was asked with dashes",
    "echo $SSH_ORIGINAL_COMMAND | tr ' ' -",
    /did not run nodepool's command/,
  ],
  ["writes it without blanks", "echo $SSH_ORIGINAL_COMMAND | tr -d ' '", /did not run nodepool's command/],
];

for (const [title, command, message] of commands) {
  test(`a key whose forced command ${title} is no login, and what it printed is shown`, async () => {
    await using server = await startOpensshServer(forced(command));
    const shell = createSsh2Shell();
    const attempts = [
      () => shell.login(targetOf(server), options("exit 0")),
      () => shell.connect(targetOf(server), limits()),
    ];
    for (const attempt of attempts) {
      const error = await failureOfLogin(attempt());
      assert.equal(error.failure, "account", error.message);
      assert.match(error.message, message);
    }
  });
}

test("a forced command that sleeps: what it printed is shown also when time is up", async () => {
  const folder = await Deno.makeTempDir({ prefix: "forced-" });
  try {
    const started = join(folder, "started");
    await using server = await startOpensshServer(
      forced(`echo '${ADVICE}'; touch '${started}'; sleep 60; exit 142`),
    );
    const clock = new VirtualClock();
    const login = failureOfLogin(
      createSsh2Shell({ clock }).login(targetOf(server), options("true", { timeout: 30 * SECOND })),
    );
    await eventually(() => {
      try {
        return Deno.statSync(started).isFile;
      } catch {
        return false;
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 200)); // its output is on its way
    await clock.advance(30 * SECOND);
    const error = await login;
    assert.equal(error.failure, "account");
    assert.match(error.message, /after 30 s.*Please login as the user "ubuntu"/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test("a server that wants keyboard-interactive besides the key is told by name, with what to do", async () => {
  await using server = await startOpensshServer({
    lines: ["KbdInteractiveAuthentication yes", "AuthenticationMethods publickey,keyboard-interactive"],
  });
  const error = await failureOfLogin(createSsh2Shell().login(targetOf(server), options("true")));
  assert.equal(error.failure, "auth");
  assert.match(error.message, /requires keyboard-interactive.*set "AuthenticationMethods publickey"/);
});

test("an RSA key meets the same server with the same words", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rsa-" });
  try {
    const key = await makeKey(folder, { name: "rsa", type: "rsa" });
    await using server = await startOpensshServer({
      authorized: [key.open],
      lines: ["KbdInteractiveAuthentication yes", "AuthenticationMethods publickey,keyboard-interactive"],
    });
    const login = createSsh2Shell().login(targetOf(server, { privateKey: key.secret }), options("true"));
    assert.match((await failureOfLogin(login)).message, /requires keyboard-interactive/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const unmatched: readonly (readonly [string, readonly string[], RegExp])[] = [
  [
    "only key exchange with SHA-1",
    ["KexAlgorithms diffie-hellman-group14-sha1,diffie-hellman-group1-sha1"],
    /only key exchange with SHA-1 \(diffie-hellman-group14-sha1, diffie-hellman-group1-sha1\).*KexAlgorithms/,
  ],
  [
    "only post-quantum key exchange",
    ["KexAlgorithms sntrup761x25519-sha512@openssh.com"],
    /only post-quantum key exchange \(sntrup761x25519-sha512@openssh\.com\).*add curve25519-sha256 .* to KexAlgorithms/,
  ],
  ["only ciphers of former times", ["Ciphers aes128-cbc"], /no known cipher \(aes128-cbc\).*Ciphers/],
];

for (const [title, lines, message] of unmatched) {
  test(`a server with ${title} is told by name, with what to do`, async () => {
    await using server = await startOpensshServer({ lines });
    const error = await failureOfLogin(createSsh2Shell().login(targetOf(server), options("true")));
    assert.equal(error.failure, "handshake");
    assert.match(error.message, message);
  });
}

const working: readonly (readonly [string, Parameters<typeof startOpensshServer>[0]])[] = [
  ["FIPS algorithms", {
    hostKeyTypes: ["ecdsa"],
    lines: [
      "KexAlgorithms ecdh-sha2-nistp256,ecdh-sha2-nistp384,diffie-hellman-group14-sha256",
      "Ciphers aes256-ctr,aes128-ctr",
      "MACs hmac-sha2-256,hmac-sha2-512",
    ],
  }],
  ["a long banner", { lines: ['Banner "/etc/passwd"'] }],
];

for (const [title, settings] of working) {
  test(`a server with ${title} lets commands run`, async () => {
    await using server = await startOpensshServer(settings!);
    const shell = createSsh2Shell();
    assert.equal((await shell.login(targetOf(server), options("echo in"))).output, "in\n");
    await using session = await shell.connect(targetOf(server), limits());
    assert.equal((await session.run("echo in", limits())).output, "in\n");
  });
}

testTerminals("commands have a pseudo-terminal, which leaves their output as it is", async () => {
  await using server = await startOpensshServer();
  await using session = await createSsh2Shell().connect(targetOf(server), limits());
  const { output } = await session.run(
    "tty; test -t 0 && test -t 1 && echo both; printf 'a\\tb\\nc\\n'",
    limits(),
  );
  assert.match(output, /^\/dev\/pts\/\d+\nboth\na\tb\nc\n$/);
});

testTerminals("what reads from the pseudo-terminal comes to an end, again and again", async () => {
  await using server = await startOpensshServer();
  await using session = await createSsh2Shell().connect(targetOf(server), limits());
  const { output } = await session.run(
    "cat; read line; cat </dev/tty; bash -c 'read -e line'; wc -c",
    limits(),
  );
  assert.equal(output.trim(), "0");
});

testTerminals("what a command leaves behind goes on when the pseudo-terminal is gone", async () => {
  const folder = await Deno.makeTempDir({ prefix: "left-" });
  try {
    await using server = await startOpensshServer();
    await using session = await createSsh2Shell().connect(targetOf(server), limits());
    const gate = join(folder, "gate");
    const went = join(folder, "went");
    await session.run(
      `(while ! [ -e '${gate}' ]; do sleep 0.05; done; echo on > '${went}') & echo $!`,
      limits(),
    );
    await Deno.writeTextFile(gate, "");
    await eventually(() => Deno.readTextFile(went).then((text) => text === "on\n", () => false));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

testTerminals("with requiretty in sudoers, sudo works in sessions and in the first command", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sudo-" });
  try {
    // What sudo looks at for requiretty.
    const text =
      '#!/bin/sh\n(: </dev/tty) 2>/dev/null || { echo "sudo: sorry, you must have a tty to run sudo"; exit 1; }\nshift\nexec "$@"\n';
    await script(folder, { name: "sudo", text });
    await using server = await startOpensshServer();
    const sudo = `PATH='${folder}':$PATH; sudo -n echo as root`;
    assert.equal((await createSsh2Shell().login(targetOf(server), options(sudo))).output, "as root\n");
    await using session = await createSsh2Shell().connect(targetOf(server), limits());
    assert.equal((await session.run(sudo, limits())).output, "as root\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (
  const [title, settings] of [
    ["the server's configuration", { lines: ["PermitTTY no"] }],
    ["the key's options", { keyOptions: "no-pty" }],
  ] as const
) {
  test(`where ${title} forbids terminals, commands run without one, and the session says so`, async () => {
    await using server = await startOpensshServer(settings);
    await using session = await createSsh2Shell().connect(targetOf(server), limits());
    assert.equal(session.hasTerminal, false);
    const { exitCode, output } = await session.run("test -t 1 || echo none; exit 3", limits());
    assert.deepEqual([exitCode, output], [3, "none\n"]);
    assert.equal((await session.run("echo good", limits())).output, "good\n");
  });
}

for (const [title, lines] of [["", []], [" and no terminals", ["PermitTTY no"]]] as const) {
  const register = lines.length === 0 ? testTerminals : test;
  register(
    `a server that lets one channel be open at a time${title} runs one command after the other, and takes files`,
    async () => {
      const folder = await Deno.makeTempDir({ prefix: "one-channel-" });
      try {
        await Deno.mkdir(join(folder, "local"));
        await Deno.writeTextFile(join(folder, "local/file"), "text");
        await using server = await startOpensshServer({ lines: ["MaxSessions 1", ...lines] });
        await using session = await createSsh2Shell().connect(targetOf(server), limits());
        for (let count = 0; count < 10; count++) {
          const { output } = await session.run("test -t 1 && echo terminal; echo in", limits());
          assert.match(output, lines.length === 0 ? /^terminal\nin\n$/ : /^in\n$/);
          await session.copyFolder(join(folder, "local"), join(folder, "remote"), limits());
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  );
}

test("without a terminal, what a command leaves behind does not keep it from its end", async () => {
  await using server = await startOpensshServer({ lines: ["PermitTTY no"] });
  await using session = await createSsh2Shell().connect(targetOf(server), limits());
  const { exitCode, output } = await session.run("sleep 300 & echo $!; exit 4", limits());
  await new Deno.Command("kill", { args: [output.trim()] }).output();
  assert.equal(exitCode, 4);
});
