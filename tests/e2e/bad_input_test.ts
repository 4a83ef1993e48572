/**
 * Everything that people get wrong, given to the real program: it says what it attempted, what was wrong and what to
 * do, ends with the right exit code, and loses nothing.
 */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { SELF_SIGNED } from "../http/self_signed.ts";
import { type Ran, runProgram, withoutWaits } from "./program.ts";
import { RunningPool } from "./running_pool.ts";

const providerOf = (name: string, cloud = name) => `
  - name: ${name}
    cloud: ${cloud}
    max-servers: 4
    rate: 0
    images:
      - name: debian
        base-image: debian-12
        min-ram: 512
        username: debian
        private-key: FOLDER/key
        connection-port: SSH_PORT
`;

const configOf = (providers: readonly string[]) => `
state: FOLDER/nodepool.kv
status: {listen: "127.0.0.1:0"}
labels:
${
  providers.map((name) => `  - {name: on-${name}, image: debian, min-ready: 1, providers: [{name: ${name}}]}`)
    .join("\n")
}
providers:
${providers.map((name) => providerOf(name)).join("")}`;

const good = configOf(["simulator"]);

interface BadFile {
  readonly name: string;
  readonly config: string;
  /** Where (after the file's name), what, and what to do. */
  readonly says: string;
  /** The line, and the mark below the place; left out: there is none to show. */
  readonly shows?: readonly [string, string];
}

const badFiles: readonly BadFile[] = [
  {
    name: "an unknown key",
    config: good.replace("connection-port", "conection-port"),
    says: ':18:9: providers[0].images[0].conection-port: unknown key; did you mean "connection-port"?',
    shows: ["    18 |         conection-port: …", "       |         ^^^^^^^^^^^^^^"],
  },
  {
    name: "a wrong type",
    config: good.replace("max-servers: 4", "max-servers: many"),
    says: ':10:5: providers[0].max-servers: expected a whole number, at least -1, found "many"',
    shows: ["    10 |     max-servers: many", "       |                  ^^^^"],
  },
  {
    name: "a duplicate name",
    config: good + providerOf("simulator"),
    says: ':20:5: providers[1].name: "simulator" is already the name of provider number 1',
    shows: ["    20 |   - name: simulator", "       |           ^^^^^^^^^"],
  },
  {
    name: "a tab",
    config: good.replace("    cloud:", "\tcloud:"),
    says: ":9:1: a tab cannot indent YAML; use spaces",
    shows: ["     9 |  cloud: simulator", "       | ^"],
  },
  { name: "an empty file", config: "", says: ": is empty" },
  {
    name: "a label with an unknown provider",
    config: good.replace("[{name: simulator}]", "[{name: simulatr}]"),
    says: ':5:68: labels[0].providers[0].name: there is no provider "simulatr"; known: simulator; ' +
      'did you mean "simulator"?',
    shows: [
      "     5 |   - {name: on-simulator, image: debian, min-ready: 1, providers: [{name: simulatr}]}",
      "       |                                                                          ^^^^^^^^",
    ],
  },
  {
    name: "a bad cron expression",
    config: `${good}\ncron: {check: "every day"}\n`,
    says: ':20:8: cron.check: "every day" is not a cron expression: it has 2 fields instead of five ' +
      "(minute, hour, day, month, day of the week), or six with seconds last",
    shows: ['    20 | cron: {check: "every day"}', "       |               ^^^^^^^^^^^"],
  },
  {
    name: "a cloud that clouds.yaml does not have",
    config: good.replace("cloud: simulator", "cloud: similator"),
    says: ':9:5: providers[0].cloud: cloud "similator" (FOLDER/clouds.yaml): no such cloud; ' +
      'known: simulator; did you mean "simulator"?',
    shows: ["     9 |     cloud: similator", "       |            ^^^^^^^^^"],
  },
];

/** Lets root read no more than the file's mode says. */
const WEAK_ROOT = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];

/** The state's bytes, to see that nobody touched them. */
function stateOf(pool: RunningPool): Promise<Uint8Array> {
  return Deno.readFile(pool.state);
}

/** A pool with one ready node whose daemon has been stopped. */
async function stoppedPool(): Promise<RunningPool> {
  const pool = await startedPool();
  assert.equal(await pool.stopDaemon(), 0);
  return pool;
}

async function startedPool(): Promise<RunningPool> {
  await using making = new AsyncDisposableStack();
  const pool = making.use(await RunningPool.start({ config: good, clouds: [{ bootTime: 100 }] }));
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 1);
  making.move();
  return pool;
}

Deno.test("a configuration that cannot be used is told of with place and remedy, and the state stays as it is", async (t) => {
  await using pool = await stoppedPool();
  const state = await stateOf(pool);
  const refusesAll = async (
    says: string,
    { config = pool.configFile, under = [] as string[], shows = [] as readonly string[] } = {},
  ) => {
    const lines = [`nodepool: ${config}${pool.filledIn(says)}`, ...shows];
    const env = { OS_CLIENT_CONFIG_FILE: `${pool.folder}/clouds.yaml` };
    const commands = [["daemon"], ["config-validate"]].map((args) =>
      runProgram(["-c", config, ...args], { env, under })
    );
    for (const ran of await Promise.all(commands)) {
      assert.deepEqual(ran, { code: 2, stdout: "", stderr: `${lines.join("\n")}\n` });
    }
    assert.deepEqual(await stateOf(pool), state);
  };

  for (const { name, config, says, shows } of badFiles) {
    await t.step(name, async () => {
      await pool.configure(config);
      await refusesAll(says, { shows });
    });
  }
  await t.step(
    "a directory instead of a file",
    () => refusesAll(": cannot be read: it is a directory", { config: pool.folder }),
  );
  await t.step(
    "a file that is not there",
    () => refusesAll(": cannot be read: there is no such file", { config: `${pool.folder}/nodepol.yaml` }),
  );
  await t.step("a file that may not be read", async () => {
    await Deno.chmod(pool.configFile, 0);
    await refusesAll(": cannot be read: permission denied", { under: Deno.uid() === 0 ? WEAK_ROOT : [] });
    await Deno.chmod(pool.configFile, 0o600);
  });
  await t.step("repaired, the pool goes on with its node", async () => {
    await pool.configure(good);
    pool.startDaemon();
    await pool.until(async () => await pool.count("ready") === 1);
    assert.equal(pool.simulator.journal.countOf("server.create"), 1);
  });
});

Deno.test("a damaged state is refused and left as it was found", async (t) => {
  await using pool = await stoppedPool();
  const whole = await stateOf(pool);
  const damages: Readonly<Record<string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array>> = {
    "no database at all": () => new TextEncoder().encode("no database\n"),
    "its end cut off": (bytes) => bytes.subarray(0, bytes.length / 2),
    "overwritten in the middle": (bytes) => bytes.fill(0x5a, 4096, bytes.length - 100),
  };
  for (const [name, damage] of Object.entries(damages)) {
    await t.step(name, async () => {
      const damaged = damage(whole.slice());
      await Deno.writeFile(pool.state, damaged);
      pool.startDaemon();
      const daemon = await pool.daemonsEnd();
      const list = await pool.run("list");
      assert.deepEqual([daemon, list.code], [1, 1]);
      const said = `nodepool: the state ${pool.state} is damaged: `;
      assert.ok(list.stderr.startsWith(said), list.stderr);
      assert.ok((await pool.log()).includes(said), await pool.log());
      assert.match(
        list.stderr,
        /; restore the file from a copy, or move it away, .* to begin with an empty pool/,
      );
      assert.deepEqual(await stateOf(pool), damaged);
    });
  }
  await t.step("restored, the pool goes on with its node", async () => {
    await Deno.writeFile(pool.state, whole);
    await Deno.remove(`${pool.folder}/daemon.log`);
    pool.startDaemon();
    await pool.until(async () => await pool.count("ready") === 1);
    assert.equal(pool.simulator.journal.countOf("server.create"), 1);
  });
});

Deno.test("what cannot be done is said by each command, and what can be done is", async (t) => {
  await using pool = await startedPool();
  const failed = (ran: Ran, code: number, says: RegExp) => {
    assert.equal(ran.code, code, ran.stderr);
    const stderr = withoutWaits(ran.stderr);
    assert.match(stderr, says);
    assert.equal(stderr.split("\n").length, 2, `more than one line: ${ran.stderr}`);
  };

  await t.step("a second daemon ends with 3 and names the first", async () => {
    const second = await pool.run("daemon");
    failed(
      second,
      3,
      new RegExp(
        `^nodepool: the state .+ is in use by nodepool daemon \\(pid ${pool.pid}\\): stop that one`,
      ),
    );
    assert.equal(await pool.count("ready"), 1);
  });

  await t.step("unknown ids are told of one by one, known ones are seen to", async () => {
    failed(await pool.run("list", "99"), 1, /^nodepool: there is no node 99\n$/);
    failed(await pool.run("release", "99"), 1, /^nodepool: there is no node 99\n$/);
    const [node] = await pool.nodes();
    const held = await pool.run("hold", "98", String(node!.id));
    failed(held, 1, /^nodepool: there is no node 98\n$/);
    assert.equal(held.stdout, `node ${node!.id}: held\n`);
    assert.equal((await pool.nodes()).find(({ id }) => id === node!.id)?.state, "hold");
    const deleted = await pool.run("delete", String(node!.id), "99", "--now");
    failed(deleted, 1, /^nodepool: there is no node 99\n$/);
    assert.equal(deleted.stdout, `node ${node!.id}: deleted\n`);
    await pool.until(async () => await pool.count("ready") === 1);
  });

  await t.step("an unknown label names those that there are", async () => {
    failed(await pool.run("acquire", "large"), 1, /there is no label large; the labels are on-simulator/);
    assert.equal(await pool.count("ready"), 1);
  });

  await t.step("arguments that make no sense end with 2", async () => {
    failed(await pool.run("lits"), 2, /unknown command 'lits'.*Did you mean list\?/);
    failed(await pool.run("hold", "one"), 2, /one/);
    failed(
      await pool.run("acquire", "on-simulator", "--wait", "soon"),
      2,
      /Expected a time such as 90s, 10m/,
    );
    assert.equal(await pool.count("ready"), 1);
  });

  await t.step("without a daemon, what needs one ends with 3 and the rest works", async () => {
    assert.equal(await pool.stopDaemon(), 0);
    const needsDaemon =
      /^nodepool: no daemon is running \(nothing listens on .+\.sock\): start it with `nodepool -c/;
    const [acquire, now, list] = await Promise.all([
      pool.run("acquire", "on-simulator"),
      pool.run("delete", "1", "--now"),
      pool.run("list", "-o", "json"),
    ]);
    failed(acquire, 3, needsDaemon);
    failed(now, 1, /^nodepool: node 1 has been gone since \S+Z, unused: deleted by .*\n$/);
    assert.equal(list.code, 0, list.stderr);
    assert.deepEqual(JSON.parse(list.stdout).nodes.map(({ state }: { state: string }) => state), ["ready"]);
  });
});

Deno.test("clouds that cannot be used are told of, hold up nobody, and come once they can be", async (t) => {
  await using fixture = await brokenClouds();
  const { pool } = fixture;
  pool.startDaemon();
  await pool.until(async () => (await unreachable(pool)).length === 3 && await pool.count("ready") === 1);

  const expected: Readonly<Record<string, RegExp>> = {
    "wrong-password": /log in as nodepool.*(password|auth)/,
    "unreachable": /connection refused; nothing listens there/,
    "self-signed": /its certificate is self-signed; set cacert or verify: false/,
  };
  for (const [provider, says] of Object.entries(expected)) {
    await t.step(provider, async () => {
      // Each attempt has a request id of its own, and the daemon tries again meanwhile.
      const shown = (text: string) => text.replaceAll(/req-[-0-9a-f]{36}/g, "req-ID");
      const list = shown((await pool.run("provider-list")).stdout);
      const status = shown((await pool.run("status")).stdout);
      const { providers } = JSON.parse((await pool.run("provider-list", "-o", "json")).stdout);
      const { error, reachable } = providers.find(({ name }: { name: string }) => name === provider);
      assert.equal(reachable, false);
      assert.match(error.message, says);
      assert.ok(list.includes(shown(error.message)), list);
      assert.ok(status.includes(`provider ${provider}: ${shown(error.message)}`), status);
      const logged = (await pool.logLines()).filter((line) =>
        line.provider === provider && says.test(line.message)
      );
      assert.ok(logged.length > 0, await pool.log());
      const nodes = await pool.nodes();
      assert.deepEqual(nodes.map((node) => [node.provider, node.state]), [["simulator", "ready"]]);
    });
  }

  await t.step("repaired, all of them have their node, and the first kept its own", async () => {
    await fixture.repair();
    Deno.kill(pool.pid, "SIGHUP");
    await pool.until(async () => await pool.count("ready") === 4);
    assert.deepEqual(await unreachable(pool), []);
    assert.equal((await pool.nodes()).filter(({ provider }) => provider === "simulator").length, 1);
    const status = await pool.run("status");
    assert.ok(!/problem/.test(status.stdout), status.stdout);
  });
});

async function unreachable(pool: RunningPool): Promise<readonly string[]> {
  await using daemon = await pool.connect();
  return (await daemon?.ask("status", {}))?.providers.unreachable ?? [];
}

interface BrokenClouds extends AsyncDisposable {
  readonly pool: RunningPool;
  /** Puts what was wrong right, but for telling the daemon. */
  repair(): Promise<void>;
}

/** Four ways to four simulated clouds, three of which do not lead there. */
async function brokenClouds(): Promise<BrokenClouds> {
  await using made = new AsyncDisposableStack();
  const names = ["simulator", "wrong-password", "unreachable", "self-signed"];
  const clouds = names.map((name) => ({ name, bootTime: 100 }));
  const pool = made.use(await RunningPool.start({ config: configOf(names), clouds }));
  const secure = await startTlsFront(pool.baseUrl);
  made.defer(() => new Promise((resolve) => (secure.close(() => resolve()), secure.closeAllConnections())));
  const port = (secure.address() as AddressInfo).port;

  const right = pool.cloudsYaml();
  const overTls = right.replace(`${pool.baseUrl}/self-signed`, `https://127.0.0.1:${port}/self-signed`);
  const entry = (text: string, name: string) => text.slice(text.indexOf(`\n  ${name}:`));
  const replaceIn = (text: string, name: string, [from, to]: readonly [string, string]) =>
    text.replace(entry(text, name), entry(text, name).replace(from, to));
  const wrong = replaceIn(
    replaceIn(overTls, "wrong-password", ["password: nodepool", "password: guessed"]),
    "unreachable",
    [pool.baseUrl, `http://127.0.0.1:${closedPort()}`],
  );
  await pool.writeClouds(wrong);
  await Deno.writeTextFile(`${pool.folder}/ca.pem`, SELF_SIGNED.cert);
  const trusting = replaceIn(overTls, "self-signed", [
    "region_name",
    `cacert: ${pool.folder}/ca.pem\n    region_name`,
  ]);
  const resources = made.move();
  return {
    pool,
    repair: () => pool.writeClouds(trusting),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** A port that nobody listens on. */
function closedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** The simulator behind a certificate that signs itself; what it says of itself leads past this. */
async function startTlsFront(baseUrl: string): Promise<Server> {
  const { hostname, port, host } = new URL(baseUrl);
  const server = createServer(SELF_SIGNED, (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const forward = request(
      { hostname, port, method, path: url, headers: { ...headers, host } },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(forward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
