/** The door that other machines ask at, and the standby's socket whose answers come from there. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type ControlDoor, openControlDoor } from "../../src/control/control_door.ts";
import { connectControl, RemotePool } from "../../src/control/control_client.ts";
import { ControlError, NoAnswerError } from "../../src/control/control_error.ts";
import { answerControl } from "../../src/control/control_routes.ts";
import { ForwardedControl } from "../../src/control/forward_control.ts";
import { openLeaderWire } from "../../src/control/leader_wire.ts";
import { listenControl } from "../../src/control/listen_control.ts";
import type { PoolClient } from "../../src/control/pool_client.ts";
import { ControlSocketError } from "../../src/control/socket_path.ts";
import type { LeaderRecord } from "../../src/lead/leader_record.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { inTime } from "../../src/lib/deadline.ts";
import { makeOwnCertificate } from "../../src/lib/own_certificate.ts";
import { poolLists, type PoolViewName } from "../../src/views/view_pool.ts";
import { collectGarbage } from "../collect_garbage.ts";
import { eventually } from "../eventually.ts";
import { sampleNode } from "../views/sample_pool.ts";
import { ScriptedPool } from "./scripted_pool.ts";

const here = { control: { hostname: "127.0.0.1", port: 0 }, host: "localhost" };

interface Leader extends AsyncDisposable {
  readonly pool: ScriptedPool;
  readonly door: ControlDoor;
  readonly record: LeaderRecord;
  readonly defects: unknown[];
}

function openLeader(id = "1"): Leader {
  const pool = new ScriptedPool();
  const defects: unknown[] = [];
  const answered = answerControl(pool, { onDefect: (error) => defects.push(error) });
  const door = openControlDoor(here);
  door.serve(answered.handle);
  const record = { id, host: "pool1", pid: 7, version: "0", since: 0, control: door.control, status: null };
  return {
    pool,
    door,
    record,
    defects,
    async [Symbol.asyncDispose]() {
      answered[Symbol.dispose]();
      await door[Symbol.asyncDispose]();
    },
  };
}

function clientOf({ record }: { record: LeaderRecord }, until?: AbortSignal): PoolClient {
  return new RemotePool(openLeaderWire(record, { until }));
}

interface Standby extends AsyncDisposable {
  readonly client: PoolClient;
  serveOwn(pool: ScriptedPool): void;
}

async function openStandby(leader: () => LeaderRecord | null): Promise<Standby> {
  await using resources = new AsyncDisposableStack();
  const path = await Deno.makeTempDir({ prefix: "np" });
  resources.defer(() => Deno.remove(path, { recursive: true }));
  const forwarded = resources.use(new ForwardedControl({ leader, pool: "ci", clock: systemClock }));
  const socketPath = join(path, "s.sock");
  const listening = resources.use(await listenControl(forwarded.handle, { socketPath }));
  const client = resources.use((await connectControl(socketPath))!);
  const kept = resources.move();
  return {
    client,
    serveOwn: (pool) => listening.serve(answerControl(pool, { onDefect() {} }).handle),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const WAYS = {
  "another machine": (leader: Leader) =>
    Promise.resolve({
      client: clientOf(leader),
      dispose: (client: PoolClient) => client[Symbol.asyncDispose](),
    }),
  "a standby's machine": async ({ record }: Leader) => {
    const standby = await openStandby(() => record);
    return { client: standby.client, dispose: () => standby[Symbol.asyncDispose]() };
  },
};

for (const [way, open] of Object.entries(WAYS)) {
  const on = async (work: (client: PoolClient, leader: Leader) => Promise<void>) => {
    await using leader = openLeader();
    const { client, dispose } = await open(leader);
    try {
      await work(client, leader);
    } finally {
      await dispose(client);
    }
    assert.deepEqual(leader.defects, []);
  };

  Deno.test(`from ${way}, every list is the leader's own`, () =>
    on(async (client, { pool }) => {
      for (const name of Object.keys(poolLists) as PoolViewName[]) {
        assert.deepEqual(
          await client.ask(name, {}),
          JSON.parse(JSON.stringify(await pool.ask(name, {}))),
          name,
        );
      }
      assert.equal(client.hasDaemon, true);
    }));

  Deno.test(`from ${way}, what is asked is done by the leader, and refused with its words and status`, () =>
    on(async (client, { pool }) => {
      await client.ask(
        "hold",
        { ids: [3], reason: "würde gern schauen", owner: null, duration: null } as never,
      );
      assert.match(pool.calls.join(), /^hold 3/);
      pool.failure = new ControlError(409, "node 3 is being deleted");
      await assert.rejects(
        client.ask("hold", { ids: [3], reason: null, owner: null, duration: null } as never),
        {
          status: 409,
          message: "node 3 is being deleted",
        },
      );
      await assert.rejects(client.ask("node", { id: 99 }), { status: 404 });
    }));

  Deno.test(`from ${way}, a wait is as long as it takes, and ends with whoever waits`, () =>
    on(async (client, { pool }) => {
      const request = await client.ask(
        "request",
        { label: "noble", count: 1, client: "me", deadline: 9, token: "t", job: null } as never,
      );
      const gone = new AbortController();
      const waiting = client.ask("request-grant", { id: request.id }, { signal: gone.signal });
      await eventually(() => pool.calls.includes("wait-grant 9"));
      gone.abort(new Error("enough"));
      await assert.rejects(waiting, /enough/);
      await eventually(() => pool.calls.includes("wait-grant 9 aborted"));
    }));

  Deno.test(`from ${way}, a stream comes as it is made`, () =>
    on(async (client, { pool }) => {
      const pieces = Promise.withResolvers<void>();
      const reader = await readSlowLog(client, { pool, go: pieces.promise });
      pieces.resolve();
      assert.equal(new TextDecoder().decode((await reader.read()).value), "second");
      assert.equal((await reader.read()).done, true);
    }));

  Deno.test(`from ${way}, who waits hears that the leader stops`, async () => {
    const leader = openLeader();
    const { client, dispose } = await open(leader);
    const waiting = client.ask("request-grant", { id: 9 });
    await eventually(() => leader.pool.calls.includes("wait-grant 9"));
    const [outcome] = await Promise.allSettled([waiting, leader[Symbol.asyncDispose]()]);
    assert.equal(outcome.status === "rejected" && outcome.reason.status, 503);
    await dispose(client);
  });
}

/** Once the first piece of a log has come. @param options `go`: when the second one comes */
async function readSlowLog(
  client: PoolClient,
  { pool, go, signal }: { pool: ScriptedPool; go: Promise<void>; signal?: AbortSignal },
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const ask = pool.ask.bind(pool);
  pool.ask =
    ((name: "build-log", request: never, options: never) =>
      name === "build-log" ? Promise.resolve(slowly(go)) : ask(name, request, options)) as never;
  const stream = await client.ask("build-log", { id: 1 } as never, { signal });
  const reader = (stream as ReadableStream<Uint8Array>).getReader();
  assert.equal(new TextDecoder().decode((await reader.read()).value), "first");
  return reader;
}

async function* pieces(go: Promise<void>) {
  yield new TextEncoder().encode("first");
  await go;
  yield new TextEncoder().encode("second");
}

function slowly(go: Promise<void>): ReadableStream<Uint8Array> {
  return ReadableStream.from(pieces(go));
}

Deno.test("the door refuses who does not have its token, whatever is asked, and says nothing of the pool", async () => {
  await using leader = openLeader();
  const { control } = leader.record;
  for (const token of ["", "x", `${control.token}x`, control.token.slice(1)]) {
    await using client = clientOf({ record: { ...leader.record, control: { ...control, token } } });
    await assert.rejects(
      client.ask("node-list", {}),
      /refuses this command: the token is missing or wrong; restart/,
    );
  }
  assert.deepEqual(leader.pool.calls, []);
});

Deno.test("the door refuses who lacks its token before it has read a body", async () => {
  await using leader = openLeader();
  const { url, certificate } = leader.door.control;
  using connection = await Deno.connectTls({
    hostname: "127.0.0.1",
    port: Number(new URL(url).port),
    caCerts: [certificate],
    unsafelyDisableHostnameVerification: true,
  });
  const head =
    "POST /nodes/hold HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\ncontent-length: 1000000\r\n\r\n";
  await connection.write(new TextEncoder().encode(head));
  let answer = "";
  for await (const bytes of connection.readable) answer += new TextDecoder().decode(bytes);
  assert.match(answer, /^HTTP\/1.1 401 [^]*connection: close[^]*the token is missing or wrong/i);
});

Deno.test("no other certificate is trusted at the door's address, and it hears no token", async () => {
  await using leader = openLeader();
  const { certificate } = makeOwnCertificate("control.nodepool.invalid");
  const control = { ...leader.record.control, certificate };
  await using client = clientOf({ record: { ...leader.record, control } });
  await assert.rejects(client.ask("node-list", {}), NoAnswerError);
});

Deno.test("what waits at a former leader ends without an answer once another leads", async () => {
  await using former = openLeader();
  const until = new AbortController();
  await using client = clientOf(former, until.signal);
  const waiting = assert.rejects(client.ask("request-grant", { id: 9 }), NoAnswerError);
  await eventually(() => former.pool.calls.includes("wait-grant 9"));
  until.abort(new Error("another leads"));
  await waiting;
});

const ENDINGS = { "another leads": NoAnswerError, "the reader has enough": /the reader has enough/ };

for (const [ending, error] of Object.entries(ENDINGS)) {
  Deno.test(`a stream from a leader ends when ${ending}, also long after it began`, async () => {
    await using former = openLeader();
    const [until, enough] = [new AbortController(), new AbortController()];
    await using client = clientOf(former, until.signal);
    const end = Promise.withResolvers<void>();
    const reader = await readSlowLog(client, { pool: former.pool, go: end.promise, signal: enough.signal });
    const next = assert.rejects(reader.read(), error);
    await collectGarbage();
    (ending === "another leads" ? until : enough).abort(new Error(ending));
    await inTime(next, { clock: systemClock, timeout: 5_000, signal: new AbortController().signal }).finally(
      end.resolve,
    );
  });
}

Deno.test("a standby's socket follows the leader: what waits ends without an answer, what comes next is the next one's", async () => {
  await using first = openLeader("1");
  await using second = openLeader("2");
  let leader: LeaderRecord | null = first.record;
  await using standby = await openStandby(() => leader);
  const waiting = assert.rejects(standby.client.ask("request-grant", { id: 9 }), NoAnswerError);
  await eventually(() => first.pool.calls.includes("wait-grant 9"));
  leader = null;
  await waiting;
  await assert.rejects(standby.client.ask("node-list", {}), {
    status: 503,
    message: "no daemon leads the pool ci now",
  });
  leader = second.record;
  second.pool.current = { ...second.pool.current, nodes: [sampleNode({ id: 77 })] };
  assert.deepEqual((await standby.client.ask("node-list", {})).nodes.map(({ id }) => id), [77]);
  const own = new ScriptedPool();
  standby.serveOwn(own);
  await standby.client.ask("reload", {});
  assert.deepEqual(own.calls, ["reload"]);
});

Deno.test("a standby whose leader cannot be reached says so, with the status of a daemon that is not there", async () => {
  const leader = openLeader();
  await using standby = await openStandby(() => leader.record);
  await leader[Symbol.asyncDispose]();
  await assert.rejects(standby.client.ask("node-list", {}), {
    status: 503,
    message: /^cannot reach the daemon that leads the pool ci: .*connection refused/,
  });
});

Deno.test("the door says at its start that it cannot listen, and what to set", async () => {
  await using leader = openLeader();
  const port = Number(new URL(leader.record.control.url).port);
  const open = (hostname: string) => openControlDoor({ ...here, control: { hostname, port } });
  assert.throws(() => open("127.0.0.1"), ControlSocketError);
  assert.throws(
    () => open("192.0.2.1"),
    /cannot listen for commands of other machines on 192.0.2.1:\d+: set `etcd.control`/,
  );
});

Deno.test("the door listens on all addresses where none is named, under the name of the machine", async () => {
  await using door = openControlDoor({ control: { hostname: null, port: 0 }, host: "localhost" });
  assert.match(door.control.url, /^https:\/\/localhost:\d+$/);
  await using client = new RemotePool(openLeaderWire({ host: "h", control: door.control }));
  await assert.rejects(client.ask("node-list", {}), { status: 503, message: "the daemon is starting" });
});
