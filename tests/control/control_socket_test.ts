import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  connectionKind,
  ControlSocketError,
  controlSocketPath,
  controlSocketPaths,
} from "../../src/control/socket_path.ts";
import { connectControl } from "../../src/control/control_client.ts";
import { ControlSocket } from "../../src/control/control_socket.ts";
import { ControlError, isAway } from "../../src/control/control_error.ts";
import { StoreError } from "../../src/store/store.ts";
import type { PoolClient } from "../../src/control/pool_client.ts";
import { serveControl } from "../../src/control/listen_control.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { inTime } from "../../src/lib/deadline.ts";
import { collectGarbage } from "../collect_garbage.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { poolLists, type PoolViewName } from "../../src/views/view_pool.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { eventually } from "../eventually.ts";
import { withVariables } from "../with_variables.ts";
import { NOW, SECRETS } from "../views/sample_pool.ts";
import { ScriptedPool } from "./scripted_pool.ts";

interface Bench extends AsyncDisposable {
  readonly pool: ScriptedPool;
  readonly client: PoolClient;
  readonly socketPath: string;
  readonly server: AsyncDisposable;
  readonly defects: unknown[];
}

async function tempFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "np" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Each way to give the same signal. */
const signalGivers: readonly (readonly [string, (controller: AbortController) => { signal: AbortSignal }])[] =
  [
    ["its signal in an object", ({ signal }) => ({ signal })],
    ["an AbortController itself", (controller) => controller],
  ];

for (const [what, given] of signalGivers) {
  Deno.test(`a call and a stream over the socket end when aborted, given ${what}`, async () => {
    await using bench = await openBench();
    for (
      const ask of [
        (options: { signal: AbortSignal }) => bench.client.ask("request-confirm", { id: 1 }, options),
        (options: { signal: AbortSignal }) => bench.client.ask("events", { follow: true }, options),
      ]
    ) {
      const controller = new AbortController();
      controller.abort(new Error("enough"));
      await assert.rejects(ask(given(controller)), /enough/);
    }
  });
}

Deno.test("a daemon is asked over its socket whatever SSL_CERT_FILE names", async () => {
  await using bench = await openBench();
  const client = new URL("../../src/control/control_client.ts", import.meta.url);
  const code = `const { connectControl } = await import(${JSON.stringify(client.href)});
    await using pool = await connectControl(${JSON.stringify(bench.socketPath)});
    console.log((await pool.ask("node-list", {})).nodes.length);`;
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  await using folder = await tempFolder();
  const script = join(folder.path, "ask.ts");
  await Deno.writeTextFile(script, code);
  const args = ["run", "-A", "--no-check", "--config", config, script];
  const env = { SSL_CERT_FILE: `${bench.socketPath}/ca.pem`, DENO_TLS_CA_STORE: "system" };
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env }).output();
  const [said, failed] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.match(said!, /^\d+\n$/, failed);
});

async function openBench(): Promise<Bench> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await tempFolder());
  const socketPath = join(folder.path, "pool.kv.sock");
  const pool = new ScriptedPool();
  const defects: unknown[] = [];
  const server = await serveControl(pool, { socketPath, onDefect: (error) => defects.push(error) });
  resources.use(server);
  const client = await connectControl(socketPath);
  assert.notEqual(client, null);
  resources.use(client!);
  const kept = resources.move();
  return {
    pool,
    client: client!,
    socketPath,
    server,
    defects,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

Deno.test("the socket can be opened by its owner only", async () => {
  await using bench = await openBench();
  assert.equal((await Deno.stat(bench.socketPath)).mode! & 0o777, 0o600);
});

for (const hosts of ["localhost,127.0.0.1,::1", "127.0.0.0/8", "*"]) {
  Deno.test(`a client reaches its socket where no_proxy=${hosts}`, async () => {
    using _ = withVariables({ no_proxy: hosts });
    await using bench = await openBench();
    assert.equal(await bench.client.ask("status", {}).then(() => "answered"), "answered");
  });
}

Deno.test("a client gets the same views as in the daemon's own process", async () => {
  await using bench = await openBench();
  const local = bench.pool;
  for (const name of Object.keys(poolLists) as PoolViewName[]) {
    assert.deepEqual(
      await bench.client.ask(name, {}),
      JSON.parse(JSON.stringify(await local.ask(name, {}))),
      name,
    );
  }
  const filter = { provider: "cloud-b", label: "jammy", state: "hold" };
  assert.deepEqual((await bench.client.ask("node-list", filter)).nodes.map(({ id }) => id), [5]);
  assert.deepEqual(await bench.client.ask("node", { id: 6 }), await local.ask("node", { id: 6 }));
  assert.deepEqual(
    await bench.client.ask("node-metadata", { id: 6 }),
    await local.ask("node-metadata", { id: 6 }),
  );
});

Deno.test("a long list is made once for all who ask at once, and anew for whoever asks after a change", async () => {
  await using bench = await openBench();
  const { pool, client } = bench;
  let looks = 0;
  pool.report = () => ({ ...pool.current, now: NOW + looks++ });
  const lists = await Promise.all(Array.from({ length: 5 }, () => client.ask("node-list", {})));
  assert.deepEqual([looks, new Set(lists.map(({ at }) => at)).size], [5, 1]);
  const [first, ...others] = pool.current.nodes;
  pool.current = { ...pool.current, nodes: [{ ...first!, revision: 99, comment: "changed" }, ...others] };
  const { nodes } = await client.ask("node-list", {});
  assert.equal(nodes.find(({ id }) => id === first!.id)!.comment, "changed");
});

Deno.test("no secret of the configuration goes over the socket", async () => {
  await using bench = await openBench();
  const { client } = bench;
  bench.pool.grant(bench.pool.current.nodes);
  const answers = JSON.stringify([
    await client.ask("node-list", {}),
    await client.ask("label-list", {}),
    await client.ask("provider-list", {}),
    await client.ask("status", {}),
    await client.ask("node", { id: 4 }),
    await client.ask("request-grant", { id: 9 }),
  ]);
  for (const secret of SECRETS) assert.equal(answers.includes(secret), false, secret);
});

Deno.test("actions reach the pool as they were asked", async () => {
  await using bench = await openBench();
  const { client, pool } = bench;
  const outcomes = await client.ask("hold", {
    ids: [1, 99],
    reason: "look",
    owner: "maria",
    duration: 1_000,
  });
  assert.deepEqual(outcomes, [
    { id: 1, ok: true, message: "hold done" },
    { id: 99, ok: false, message: "there is no node 99" },
  ]);
  await client.ask("delete", { ids: [2], comment: "deleted by maria" });
  await client.ask("release", { ids: [4], result: "SUCCESS", job: null });
  const spec = { label: "noble", count: 2, job: null, client: "zuul", deadline: NOW + 1, token: "t" };
  assert.equal((await client.ask("request", spec)).id, 9);
  await client.ask("request-confirm", { id: 9 });
  await client.ask("request-withdraw", { id: 9 });
  assert.deepEqual((await client.ask("reload", {})).changes, ["label noble: min-ready 3 -> 4"]);
  assert.deepEqual((await client.ask("alien-list", { provider: null })).aliens, []);
  assert.deepEqual(pool.calls, [
    'hold 1,99 {"reason":"look","owner":"maria","duration":1000}',
    'delete 2 {"comment":"deleted by maria"}',
    'release 4 {"result":"SUCCESS","job":null}',
    `request ${JSON.stringify(spec)}`,
    "confirm 9",
    "withdraw 9",
    "reload",
    "aliens null",
  ]);
});

Deno.test("entries of jobs are made and deleted over the socket", async () => {
  await using bench = await openBench();
  const { client, pool } = bench;
  const made = await client.ask("job-create", { job: "gate/unit", holdOnFailure: 2 });
  assert.deepEqual([made.id, made.name, made.hold_on_failure, made.held], [3, "gate/unit", 2, 0]);
  assert.deepEqual(await client.ask("job-delete", { ids: [3, 4] }), [
    { id: 3, ok: true, message: "deleted" },
    { id: 4, ok: false, message: "there is no job 4" },
  ]);
  assert.deepEqual(pool.calls, ['create-job {"job":"gate/unit","holdOnFailure":2}', "delete-jobs 3,4"]);
  pool.failure = new ControlError(409, "job gate/unit has an entry already");
  await assert.rejects(client.ask("job-create", { job: "gate/unit", holdOnFailure: 2 }), { status: 409 });
});

Deno.test("what is asked of images reaches the pool, and a build's log comes as it is written", async () => {
  await using bench = await openBench();
  const { client, pool } = bench;
  const placed = await client.ask("image-order", { kind: "update", provider: "cloud-a", image: "noble" });
  const waiting = client.ask("image-order-end", placed);
  pool.orders.resolve([{ provider: "cloud-a", image: "noble", ok: true, message: "ready" }]);
  assert.deepEqual(await waiting, [{ provider: "cloud-a", image: "noble", ok: true, message: "ready" }]);
  const log = await client.ask("build-log", { id: 7 });
  assert.equal(await new Response(log).text(), "+ building\nbuilt\n");
  await client.ask("image-delete", { ids: [1], comment: "deleted by maria" });
  await client.ask("dib-image-delete", { ids: [2], comment: "deleted by maria" });
  assert.deepEqual((await client.ask("alien-image-list", { provider: "cloud-a" })).aliens, []);
  assert.deepEqual(pool.calls, [
    'order {"kind":"update","provider":"cloud-a","image":"noble"}',
    `wait-orders ${JSON.stringify(placed)}`,
    "follow 7",
    'delete-images 1 {"comment":"deleted by maria"}',
    'delete-dib-images 2 {"comment":"deleted by maria"}',
    "alien-images cloud-a",
  ]);
  pool.failure = new ControlError(404, "there is no dib image 9");
  await assert.rejects(client.ask("build-log", { id: 9 }), {
    name: "ControlError",
    message: "there is no dib image 9",
  });
});

Deno.test("a stream ends when its reader has enough, also long after it began", async () => {
  await using bench = await openBench();
  const { client, pool } = bench;
  const over = Promise.withResolvers<void>();
  const slowly = async function* () {
    yield new TextEncoder().encode("first");
    await over.promise;
  };
  pool.ask = (() => Promise.resolve(ReadableStream.from(slowly()))) as never;
  const enough = new AbortController();
  const reader = (await client.ask("build-log", { id: 7 }, { signal: enough.signal })).getReader();
  assert.equal(new TextDecoder().decode((await reader.read()).value), "first");
  const next = assert.rejects(reader.read(), /the reader has enough/);
  await collectGarbage();
  enough.abort(new Error("the reader has enough"));
  await inTime(next, { clock: systemClock, timeout: 5_000, signal: new AbortController().signal })
    .finally(over.resolve);
});

Deno.test("refusals keep their status and words, and defects are told to the daemon", async () => {
  await using bench = await openBench();
  await assert.rejects(bench.client.ask("node", { id: 99 }), {
    name: "ControlError",
    status: 404,
    message: "there is no node 99, and no record of one",
  });
  bench.pool.failure = new ControlError(409, "the label noble is disabled");
  const spec = { label: "noble", count: 1, job: null, client: null, deadline: null };
  await assert.rejects(bench.client.ask("request", spec), { name: "ControlError", status: 409 });
  bench.pool.failure = new Error("the disk is full");
  await assert.rejects(
    bench.client.ask("request", spec),
    /the daemon failed: the disk is full; its log says more/,
  );
  assert.deepEqual(bench.defects, [bench.pool.failure]);
});

Deno.test("who asks a daemon that another has taken the state from may ask the next one", async () => {
  await using bench = await openBench();
  bench.pool.failure = new StoreError("stopped", "this process no longer writes to it");
  await assert.rejects(
    bench.client.ask("hold", { ids: [1], reason: null, owner: null, duration: null }),
    isAway,
  );
  bench.pool.failure = new StoreError("unusable", "no room");
  await assert.rejects(
    bench.client.ask("hold", { ids: [1], reason: null, owner: null, duration: null }),
    (error) => !isAway(error),
  );
});

Deno.test("requests that are not what the routes document are refused", async () => {
  await using bench = await openBench();
  using http = Deno.createHttpClient({ proxy: { transport: "unix", path: bench.socketPath } });
  const ask = async (method: string, path: string, body?: string) => {
    const response = await fetch(`http://192.0.2.1${path}`, { client: http, method, body });
    return { status: response.status, ...await response.json() };
  };
  assert.equal((await ask("POST", "/nodes/hold", "no json")).error, "the request's body is not JSON");
  assert.match((await ask("POST", "/nodes/hold", '{"ids":[]}')).error, /^ids: /);
  assert.match((await ask("POST", "/nodes/hold", '{"ids":[-1]}')).error, /^ids\.0: /);
  assert.match((await ask("POST", "/requests", '{"label":"x","count":1.5}')).error, /^count: /);
  assert.match((await ask("GET", "/nodes/x/end")).error, /an id is a whole number/);
  assert.deepEqual(await ask("GET", "/views/nonsense"), {
    status: 404,
    error: "no route /views/nonsense",
  });
  assert.equal((await ask("GET", "/nonsense")).status, 404);
  for (const deadline of ["9007199254740991", "8640000000000001", "1e999", "-1", "1.5"]) {
    const answer = await ask(
      "POST",
      "/requests",
      `{"label":"x","count":1,"job":null,"client":null,"deadline":${deadline}}`,
    );
    assert.deepEqual([answer.status, answer.error.startsWith("deadline: ")], [400, true], deadline);
  }
  assert.match(
    (await ask(
      "POST",
      "/requests",
      '{"label":"x","count":1,"job":null,"client":null,"deadline":9007199254740991}',
    )).error,
    /^deadline: a time is in milliseconds since 1970, no later than the year 9999$/,
  );
  assert.match(
    (await ask("POST", "/nodes/hold", '{"ids":[1],"reason":null,"owner":null,"duration":9007199254740991}'))
      .error,
    /^duration: a duration is in milliseconds, at most 100 years$/,
  );
  assert.match((await ask("POST", "/image-orders/wait", '{"at":1e999,"orders":[]}')).error, /^at: /);
  assert.deepEqual(bench.pool.calls, []);
});

Deno.test("a client that leaves ends its wait in the daemon", async () => {
  await using bench = await openBench();
  const leaving = new AbortController();
  const waiting = bench.client.ask("request-grant", { id: 9 }, { signal: leaving.signal });
  await eventually(() => bench.pool.calls.includes("wait-grant 9"));
  leaving.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  await eventually(() => bench.pool.calls.includes("wait-grant 9 aborted"));
  assert.deepEqual(bench.defects, []);
});

Deno.test("a daemon that stops tells those who wait", async () => {
  await using bench = await openBench();
  const waiting = bench.client.ask("node-end", { id: 1 });
  const failed = assert.rejects(waiting, {
    name: "ControlError",
    status: 503,
    message: "the daemon is stopping",
  });
  await eventually(() => bench.pool.calls.includes("wait-end 1"));
  await bench.server[Symbol.asyncDispose]();
  await failed;
  assert.equal(await connectControl(bench.socketPath), null);
});

Deno.test("no daemon is null, whether its socket is gone or was left behind", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "pool.sock");
  assert.equal(await connectControl(path), null);
  await leaveStaleSocket(path);
  assert.equal(await connectControl(path), null);
});

Deno.test("a socket that a killed daemon left is replaced", async () => {
  await using folder = await tempFolder();
  const socketPath = join(folder.path, "pool.sock");
  await leaveStaleSocket(socketPath);
  await using _server = await serveControl(new ScriptedPool(), { socketPath, onDefect() {} });
  await using client = await connectControl(socketPath);
  assert.equal((await client!.ask("status", {})).version, 1);
});

Deno.test("a socket that somebody listens on is not replaced", async () => {
  await using bench = await openBench();
  await assert.rejects(
    serveControl(new ScriptedPool(), { socketPath: bench.socketPath, onDefect() {} }),
    (error: Error) => error instanceof ControlSocketError && /another daemon listens on/.test(error.message),
  );
  assert.equal((await bench.client.ask("status", {})).version, 1);
});

Deno.test("a file that is no socket is not removed", async () => {
  await using folder = await tempFolder();
  const socketPath = join(folder.path, "pool.sock");
  await Deno.writeTextFile(socketPath, "precious");
  await assert.rejects(
    serveControl(new ScriptedPool(), { socketPath, onDefect() {} }),
    /exists and is not a socket; move it/,
  );
  assert.equal(await Deno.readTextFile(socketPath), "precious");
});

Deno.test("a socket that is removed, or replaced by a stale one, is made again", async () => {
  await using folder = await tempFolder();
  const socketPath = join(folder.path, "pool.sock");
  const clock = new VirtualClock();
  await using _server = await serveControl(new ScriptedPool(), { socketPath, onDefect() {}, clock });
  for (const harm of [() => Deno.remove(socketPath), () => replaceByStaleSocket(socketPath)]) {
    await harm();
    assert.equal(await connectControl(socketPath), null);
    await clock.advance(2_000);
    await eventually(async () => {
      await using client = await connectControl(socketPath);
      return client !== null && (await client.ask("status", {})).version === 1;
    });
    assert.equal((await Deno.lstat(socketPath)).mode! & 0o777, 0o600);
  }
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name), ["pool.sock"]);
});

Deno.test("a file in the socket's place is left there; the socket comes back when it is gone", async () => {
  await using folder = await tempFolder();
  const socketPath = join(folder.path, "pool.sock");
  const clock = new VirtualClock();
  const server = await serveControl(new ScriptedPool(), { socketPath, onDefect() {}, clock });
  await Deno.remove(socketPath);
  await Deno.writeTextFile(socketPath, "precious");
  await clock.advance(2_000);
  await eventually(() => Promise.resolve(clock.sleeping === 1));
  assert.equal(await Deno.readTextFile(socketPath), "precious");
  await Deno.remove(socketPath);
  await clock.advance(2_000);
  await eventually(async () => await connectionKind(socketPath) === "listening");
  await eventually(() => clock.sleeping === 1);
  const lines = await loggedLines(async () => {
    await Deno.rename(socketPath, `${socketPath}.moved`);
    await Deno.writeTextFile(socketPath, "precious");
    for (let look = 0; look < 5; look++) {
      await clock.advance(2_000);
      await eventually(() => clock.sleeping === 1);
    }
    await Deno.rename(`${socketPath}.moved`, socketPath);
    await clock.advance(2_000);
    await eventually(() => clock.sleeping === 1);
  });
  assert.deepEqual(lines.map(({ level, message }) => `${level} ${message.join("").split(":")[0]}`), [
    "error commands cannot reach this daemon",
    "info commands can reach this daemon again",
  ]);
  await Deno.rename(socketPath, `${socketPath}.moved`);
  await Deno.writeTextFile(socketPath, "precious");
  await server[Symbol.asyncDispose]();
  assert.equal(await Deno.readTextFile(socketPath), "precious");
});

Deno.test("what a killed daemon left of making its socket is in nobody's way, nor is a link there", async () => {
  await using folder = await tempFolder();
  const socketPath = join(folder.path, "pool.kv.sock");
  const target = join(folder.path, "target");
  await Deno.mkdir(target);
  await Deno.writeTextFile(join(target, "s"), "precious");
  await Deno.symlink(target, join(folder.path, ".pool.kv"));
  await using _server = await serveControl(new ScriptedPool(), { socketPath, onDefect() {} });
  assert.equal(await connectionKind(socketPath), "listening");
  assert.equal(await Deno.readTextFile(join(target, "s")), "precious");
});

Deno.test("clients beyond the limit hear that the daemon is busy, and those who wait are not disturbed", async () => {
  await using folder = await tempFolder();
  const socketPath = join(folder.path, "pool.sock");
  const pool = new ScriptedPool();
  await using _server = await serveControl(pool, { socketPath, onDefect() {}, connections: 4 });
  await using client = (await connectControl(socketPath))!;
  const leaving = new AbortController();
  const waiting = [1, 2, 3].map((id) =>
    client.ask("node-end", { id }, { signal: leaving.signal }).catch(() => {})
  );
  await eventually(() => pool.calls.length === 3);
  await assert.rejects(client.ask("status", {}), {
    status: 503,
    message: /too many requests at once/,
  });
  leaving.abort();
  await Promise.all(waiting);
  await eventually(() => pool.calls.length === 6);
  assert.equal((await client.ask("status", {})).version, 1);
});

Deno.test("a path that is too long for a socket is an error that says what to do", async () => {
  const socketPath = `/tmp/${"x".repeat(120)}.sock`;
  await assert.rejects(
    serveControl(new ScriptedPool(), { socketPath, onDefect() {} }),
    /has 130 bytes; the system allows 10\d: set `state` to a shorter path/,
  );
});

Deno.test("a socket that cannot be removed keeps nothing else from being closed", async () => {
  const folder = await Deno.makeTempDir({ prefix: "np" });
  const socketPath = `${folder}/pool.kv.sock`;
  const served = await serveControl(new ScriptedPool(), { socketPath, onDefect() {} });
  const { removeSync } = Deno;
  try {
    Deno.removeSync = () => {
      throw new Deno.errors.PermissionDenied("the folder is read-only");
    };
    await served[Symbol.asyncDispose]();
  } finally {
    Deno.removeSync = removeSync;
  }
  assert.equal(await connectControl(socketPath), null, "nobody listens any more");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the socket lies beside the state", () => {
  assert.equal(controlSocketPath("/var/lib/nodepool/nodepool.kv"), "/var/lib/nodepool/nodepool.kv.sock");
  const state = "etcd:https://e1:2379,https://e2:2379/ci";
  assert.equal(controlSocketPath(state, () => undefined), "/run/nodepool/ci.sock");
  const env = (name: string) => name === "XDG_RUNTIME_DIR" ? "/run/user/7" : undefined;
  assert.equal(controlSocketPath(state, env), "/run/user/7/nodepool-ci.sock");
  assert.deepEqual(controlSocketPaths(state, env), ["/run/user/7/nodepool-ci.sock", "/run/nodepool/ci.sock"]);
});

async function replaceByStaleSocket(path: string): Promise<void> {
  await Deno.remove(path);
  await leaveStaleSocket(path);
}

/** As kill -9 leaves it: the file is there, nobody listens. */
async function leaveStaleSocket(path: string): Promise<void> {
  const script = 'Deno.listen({ transport: "unix", path: Deno.args[0] }); Deno.kill(Deno.pid, "SIGKILL");';
  const { signal } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-config",
      "--no-lock",
      "-A",
      "data:application/javascript," + encodeURIComponent(script),
      path,
    ],
    stderr: "null",
  }).output();
  assert.equal(signal, "SIGKILL");
  assert.equal((await Deno.lstat(path)).isSocket, true);
}

Deno.test("a socket that is closed takes nothing from the next one, however soon that is made", async () => {
  const folder = await Deno.makeTempDir({ prefix: "np" });
  const path = `${folder}/pool.kv.sock`;
  let last: ControlSocket | null = null;
  let accepting: Promise<unknown> = Promise.resolve();
  for (let round = 0; round < 300; round++) {
    const opening = (async () => {
      last?.[Symbol.dispose]();
      return await ControlSocket.open(path);
    })();
    last?.listener.close();
    last = await opening;
    await accepting;
    accepting = last.listener.accept().catch(() => {});
  }
  last![Symbol.dispose]();
  last!.listener.close();
  await accepting;
  await Deno.remove(folder, { recursive: true });
});
