/** Commands of a pool whose state is in etcd: wherever its leader is, while leaders come and go, and with none. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { answerControl } from "../../src/control/control_routes.ts";
import { type ControlDoor, openControlDoor } from "../../src/control/control_door.ts";
import { ControlError } from "../../src/control/control_error.ts";
import { ForwardedControl } from "../../src/control/forward_control.ts";
import { listenControl } from "../../src/control/listen_control.ts";
import { PoolInEtcd } from "../../src/control/pool_in_etcd.ts";
import { standbyStatus } from "../../src/daemon/standby_status.ts";
import { poolKeys } from "../../src/lead/pool_keys.ts";
import type { EtcdMemberReport } from "../../src/domain/machines_report.ts";
import type { LeaderRecord } from "../../src/lead/leader_record.ts";
import { ScriptedPool } from "../control/scripted_pool.ts";
import { eventually } from "../eventually.ts";
import { ScriptedEtcd } from "../machines/scripted_etcd.ts";
import { sampleMachine, sampleMachines } from "../views/sample_machines.ts";
import { sampleDibImage } from "../views/sample_images.ts";
import { sampleNode, sampleNodes, sampleReport } from "../views/sample_pool.ts";
import { CliBench, TOKEN } from "./run.ts";

const keys = poolKeys("ci");
const NEVER = new AbortController();
const nodeOfCloudB = sampleNodes().find(({ id }) => id === 4)!;

/** One machine with commands, an etcd, and leaders on other machines. */
class Bench implements AsyncDisposable {
  readonly etcd: ScriptedEtcd;
  /** What is looked at while nobody leads. */
  readonly state = new ScriptedPool();
  readonly resources: AsyncDisposableStack;

  static async open(): Promise<Bench> {
    await using resources = new AsyncDisposableStack();
    const cli = resources.use(await CliBench.open({ daemon: false }));
    const bench = new Bench(cli, resources.move());
    await Deno.writeTextFile(cli.configFile, "state: etcd:https://e1:2379/ci\n");
    cli.env.XDG_RUNTIME_DIR = cli.folder;
    cli.etcdPool = ({ tell }) =>
      Promise.resolve(
        new PoolInEtcd({
          etcd: bench.etcd.client("command"),
          keys,
          pool: "ci",
          clock: cli.clock,
          start: "nodepool daemon",
          tell,
          openState: () => Promise.resolve(bench.state),
        }),
      );
    return bench;
  }

  private constructor(readonly cli: CliBench, resources: AsyncDisposableStack) {
    this.resources = resources;
    this.etcd = new ScriptedEtcd({ clock: cli.clock });
    this.state.current = { ...this.state.current, daemon: null };
  }

  /** Puts itself in the place of whoever led. */
  async startLeader(host: string): Promise<Leader> {
    const leader = this.resources.use(new Leader(host));
    await this.#replace({ put: keys.leader, value: JSON.stringify(leader.record) });
    return leader;
  }

  async endLease(): Promise<void> {
    await this.#replace({ delete: keys.leader });
  }

  async standBy(host: string): Promise<void> {
    const member = { id: host, host, pid: 1, version: "0", since: 0, role: "standby", control: null };
    await this.etcd.client("x").transact({
      compares: [],
      then: [{ put: `${keys.members}${host}`, value: JSON.stringify(member) }],
    }, NEVER);
  }

  /** Of three members, one is left. */
  loseMajority(): void {
    const [member] = sampleMachines().etcd;
    const silent = { version: null, databaseSize: null, quota: null };
    const cutOff = "it is cut off from the majority of the members";
    this.etcd.plan = ({ method }) => method === "status" ? {} : { end: "unreachable" };
    this.etcd.members = [
      { ...member!, ...silent, endpoint: "https://e1:2379", problem: "e1:2379: connection refused" },
      { ...member!, ...silent, endpoint: "https://e2:2379", problem: "connection refused" },
      { ...member!, endpoint: "https://e3:2379", problem: cutOff },
    ];
  }

  /** Lets time pass until it holds. */
  looking(condition: () => boolean): Promise<void> {
    return eventually(condition, () => this.cli.clock.advance(250));
  }

  async ended(running: ReturnType<CliBench["run"]>): ReturnType<CliBench["run"]> {
    let done = false;
    running.finally(() => done = true);
    await this.looking(() => done);
    return await running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.resources.disposeAsync();
  }

  async #replace(operation: { put: string; value: string } | { delete: string }): Promise<void> {
    const other = this.etcd.client("x");
    await other.transact({ compares: [], then: [{ delete: keys.leader }] }, NEVER);
    await other.transact({ compares: [], then: [operation] }, NEVER);
  }
}

class Leader implements AsyncDisposable {
  readonly pool = new ScriptedPool();
  readonly door: ControlDoor;
  readonly record: LeaderRecord;
  readonly #answered = answerControl(this.pool, { onDefect: (error) => console.error(error) });

  constructor(host: string) {
    this.door = openControlDoor({ control: { hostname: "127.0.0.1", port: 0 }, host });
    this.door.serve(this.#answered.handle);
    const { control } = this.door;
    this.record = { id: host, host, pid: 1, version: "0", since: 0, control, status: null };
  }

  /** As a daemon that is told to. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#answered[Symbol.dispose]();
    await this.door[Symbol.asyncDispose]();
  }
}

Deno.test("a command on a machine without a daemon asks the leader that etcd names", async () => {
  await using bench = await Bench.open();
  const leader = await bench.startLeader("pool1");
  leader.pool.current = { ...leader.pool.current, nodes: [sampleNode({ id: 77 })] };
  const { code, stdout, stderr } = await bench.cli.run("list", "-o", "json");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(JSON.parse(stdout).nodes.map(({ id }: { id: number }) => id), [77]);
  assert.equal((await bench.cli.run("release", "77")).code, 0);
  assert.match(leader.pool.calls.join(), /^release 77/);
});

for (const [where, name] of [["a standby", "a standby's"], ["the leader", "the leader's"]]) {
  Deno.test(`a command on ${where}'s machine asks its socket, and has no need of etcd`, async () => {
    await using bench = await Bench.open();
    const leader = await bench.startLeader("pool1");
    const answered = where === "the leader"
      ? answerControl(leader.pool, { onDefect() {} })
      : new ForwardedControl({ leader: () => leader.record, pool: "ci", clock: bench.cli.clock });
    bench.resources.use(
      await listenControl(answered.handle, { socketPath: join(bench.cli.folder, "nodepool-ci.sock") }),
    );
    if (Symbol.asyncDispose in answered) bench.resources.use(answered);
    assert.equal((await bench.cli.run("list")).code, 0, name);
    assert.deepEqual(bench.cli.wired, []);
  });
}

Deno.test("a standby that knows no leader is passed over: etcd is asked, and its state shown", async () => {
  await using bench = await Bench.open();
  const forwarded = bench.resources.use(
    new ForwardedControl({ leader: () => null, pool: "ci", clock: bench.cli.clock }),
  );
  bench.resources.use(
    await listenControl(forwarded.handle, { socketPath: join(bench.cli.folder, "nodepool-ci.sock") }),
  );
  const { code, stderr } = await bench.cli.run("list");
  assert.deepEqual([code, stderr], [0, "nodepool: no daemon leads the pool ci; this is its state in etcd\n"]);
});

Deno.test("lists are read from etcd while nobody leads; who wants to write hears that, with code 3", async () => {
  await using bench = await Bench.open();
  for (const command of [["list"], ["image-list"], ["job-list"], ["request-list"], ["history"]]) {
    const { code, stderr } = await bench.cli.run(...command);
    assert.deepEqual([code, stderr], [
      0,
      "nodepool: no daemon leads the pool ci; this is its state in etcd\n",
    ], command.join());
  }
  const commands = [["hold", "3"], ["delete", "3"], ["release", "3"], ["acquire", "noble"], [
    "image-build",
    "x",
  ], ["dump"]];
  for (const command of commands) {
    const { code, stderr } = await bench.cli.run(...command);
    assert.equal(code, 3, command.join());
    assert.match(
      stderr,
      /^nodepool: no daemon leads the pool ci, and none stands by: start one with `nodepool daemon`/,
    );
  }
  assert.deepEqual(bench.state.calls, []);
});

const leaderless = [
  ["has a standby", false, /one stands by on pool2; waiting for another daemon to take over/],
  [
    "has lost its machine",
    true,
    /on pool1, which leads the pool ci, does not answer at https:\S+: .*ECONNREFUSED.*; waiting for another daemon to take over/,
  ],
] as const;
for (const [what, isThere, told] of leaderless) {
  Deno.test(`who wants to write to a pool that ${what} waits until another daemon leads`, async () => {
    await using bench = await Bench.open();
    await bench.standBy("pool2");
    if (isThere) await (await bench.startLeader("pool1"))[Symbol.asyncDispose]();
    const running = bench.cli.run("release", "3");
    await eventually(() => told.test(bench.cli.stderr) && bench.cli.clock.sleeping > 0);
    const next = await bench.startLeader("pool2");
    const { code } = await bench.ended(running);
    assert.equal(code, 0);
    assert.match(next.pool.calls.join(), /^release 3/);
    assert.deepEqual(bench.state.calls, []);
  });
}

Deno.test("who wants to write gives up where no standby takes over, and says so", async () => {
  await using bench = await Bench.open();
  await bench.standBy("pool2");
  const { code, stderr } = await bench.ended(bench.cli.run("release", "3"));
  assert.equal(code, 3);
  assert.match(
    stderr,
    /cannot reach the pool ci: no daemon leads the pool ci, but one stands by on pool2\n$/,
  );
});

for (const command of [["list"], ["hold", "3"], ["image-build", "x"]]) {
  Deno.test(`an etcd without a majority is told by ${command[0]}, with its members and code 3`, async () => {
    await using bench = await Bench.open();
    bench.loseMajority();
    const { code, stdout, stderr } = await bench.ended(bench.cli.run(...command));
    assert.deepEqual([code, stdout], [3, ""]);
    assert.equal(
      stderr,
      "nodepool: cannot find out who leads the pool ci: etcd has no majority, 1 of 3 members answers: " +
        "https://e1:2379 does not answer: connection refused; https://e2:2379 does not answer: connection refused; " +
        "https://e3:2379 answers, but it is cut off from the majority of the members; " +
        "start the members that do not answer, or connect them; see: nodepool manual no-leader\n",
    );
  });
}

Deno.test("an etcd of which nothing is known is told with the error of whoever asked it", async () => {
  await using bench = await Bench.open();
  bench.etcd.plan = () => ({ end: "unreachable" });
  const { code, stderr } = await bench.ended(bench.cli.run("list"));
  assert.equal(code, 3);
  assert.match(stderr, /^nodepool: cannot find out who leads the pool ci: no member of etcd can be reached;/);
});

Deno.test("an etcd of which no member answers is said to be just that, and one with a majority is not blamed", async () => {
  await using bench = await Bench.open();
  bench.loseMajority();
  const [one, other, alive] = bench.etcd.members as [EtcdMemberReport, EtcdMemberReport, EtcdMemberReport];
  bench.etcd.members = [one, other];
  assert.match(
    (await bench.cli.run("list")).stderr,
    /leads the pool ci: no member of etcd answers: https:\/\/e1:2379 /,
  );
  const well = { ...alive, problem: null };
  bench.etcd.members = [one, well, well];
  assert.match((await bench.cli.run("list")).stderr, /leads the pool ci: no member of etcd can be reached;/);
});

Deno.test("status works while etcd has no majority: it shows the members, and what to do", async () => {
  await using bench = await Bench.open();
  bench.loseMajority();
  const { code, stdout, stderr } = await bench.ended(bench.cli.run("status", "-o", "json"));
  assert.deepEqual([code, stderr], [0, ""]);
  const { problems, machines, daemon, nodes, holds, requests, installation } = JSON.parse(stdout);
  assert.deepEqual(
    machines.etcd.map(({ endpoint, problem }: Record<string, unknown>) => [endpoint, problem]),
    [
      ["https://e1:2379", "e1:2379: connection refused"],
      ["https://e2:2379", "connection refused"],
      ["https://e3:2379", "it is cut off from the majority of the members"],
    ],
  );
  assert.deepEqual([daemon, nodes, holds, requests, installation, machines.leader], Array(6).fill(null));
  assert.deepEqual(problems, [
    "it is not known which machine leads the pool: etcd has no majority, 1 of 3 members answers; " +
    "remedy: start the members that do not answer, or connect them; see: nodepool manual no-leader",
    "etcd at https://e1:2379 does not answer: connection refused; 1 of 3 members answers; " +
    "see: nodepool manual etcd-member-down",
    "etcd at https://e2:2379 does not answer: connection refused; 1 of 3 members answers; " +
    "see: nodepool manual etcd-member-down",
    "etcd at https://e3:2379 answers, but it is cut off from the majority of the members; " +
    "1 of 3 members answers; see: nodepool manual etcd-member-down",
  ]);
  const table = (await bench.ended(bench.cli.run("status"))).stdout;
  assert.match(table, /daemon +unknown; the state in etcd cannot be read/);
  assert.match(table, /etcd +https:\/\/e3:2379, version 3\.4\.23/);
  assert.match(table, /leader +unknown/);
  assert.doesNotMatch(table, /0 ready|waiting,|none/);
});

Deno.test("status while etcd has no majority is the local daemon's, be it a standby or not sure to lead", async () => {
  await using bench = await Bench.open();
  bench.loseMajority();
  const socketPath = join(bench.cli.folder, "nodepool-ci.sock");
  const pools = {
    standby: bench.resources.use(
      new ForwardedControl({
        leader: () => null,
        pool: "ci",
        clock: bench.cli.clock,
        status: () =>
          standbyStatus({
            etcd: bench.etcd.client("standby"),
            keys,
            clock: bench.cli.clock,
            self: sampleMachine("ci-b"),
            problem: "etcd did not answer within 2 s",
            signal: NEVER.signal,
          }),
      }),
    ).handle,
    unsure: answerControl(new ScriptedPool(), { onDefect() {} }).handle,
  };
  {
    await using _standby = await listenControl(pools.standby, { socketPath });
    const { code, stdout } = await bench.ended(bench.cli.run("status"));
    assert.equal(code, 0);
    assert.match(stdout, /standby +ci-b, pid 4711/);
    assert.match(stdout, /etcd at https:\/\/e1:2379 does not answer/);
    assert.equal((await bench.ended(bench.cli.run("list"))).code, 3);
  }
  await using _leader = await listenControl(pools.unsure, { socketPath });
  for (const command of ["status", "list"]) assert.equal((await bench.cli.run(command)).code, 0);
});

Deno.test("acquire goes on with the next leader, with the same token, and says which that is", async () => {
  await using bench = await Bench.open();
  const first = await bench.startLeader("pool1");
  const running = bench.cli.run("acquire", "noble", "--wait", "10h");
  await eventually(() => first.pool.calls.includes("wait-grant 9"));
  await first[Symbol.asyncDispose]();
  await eventually(() => /stopped; waiting for the next one/.test(bench.cli.stderr));
  const second = await bench.startLeader("pool2");
  await bench.looking(() => second.pool.calls.includes("wait-grant 9"));
  second.pool.grant([nodeOfCloudB]);
  const { code, stdout, stderr } = await bench.ended(running);
  assert.equal(code, 0);
  assert.match(stdout, /^node: {5}4\n/);
  assert.match(stderr, /continuing with the daemon on pool2 \(https:\/\/127\.0\.0\.1:\d+\)\n/);
  assert.ok(first.pool.calls.some((call) => call.startsWith("request ") && call.includes(TOKEN)));
  assert.equal(second.pool.calls.at(-1), "confirm 9");
});

Deno.test("acquire leaves a leader that says no goodbye, once etcd names another", async () => {
  await using bench = await Bench.open();
  const first = await bench.startLeader("pool1");
  const running = bench.cli.run("acquire", "noble", "--wait", "10h");
  await eventually(() => first.pool.calls.includes("wait-grant 9"));
  const second = await bench.startLeader("pool2");
  await bench.looking(() => second.pool.calls.includes("wait-grant 9"));
  second.pool.grant([nodeOfCloudB]);
  assert.equal((await bench.ended(running)).code, 0);
  assert.ok(!first.pool.calls.includes("confirm 9"));
});

for (const moment of ["starts", "waits"]) {
  Deno.test(`acquire that ${moment} while etcd has no majority says so, and goes on when it has`, async () => {
    await using bench = await Bench.open();
    const leader = await bench.startLeader("pool1");
    const unreachable = () => ({ end: "unreachable" }) as const;
    if (moment === "starts") bench.etcd.plan = unreachable;
    const running = bench.cli.run("acquire", "noble", "--wait", "10h");
    if (moment === "waits") {
      await eventually(() => leader.pool.calls.includes("wait-grant 9"));
      bench.etcd.plan = unreachable;
      await leader[Symbol.asyncDispose]();
    }
    await bench.looking(() =>
      /cannot find out who leads the pool ci: .*; trying again/.test(bench.cli.stderr)
    );
    bench.etcd.plan = () => ({});
    const next = moment === "starts" ? leader : await bench.startLeader("pool2");
    await bench.looking(() => next.pool.calls.includes("wait-grant 9"));
    next.pool.grant([nodeOfCloudB]);
    assert.equal((await bench.ended(running)).code, 0);
  });
}

Deno.test("acquire says once that etcd has no majority, however its members fail from look to look", async () => {
  await using bench = await Bench.open();
  const unreachable = () => ({ end: "unreachable" }) as const;
  const silent = { version: null, databaseSize: null, quota: null, isRaftLeader: false, isFull: false };
  const failures = ["connection refused", "timed out after 2 s", "connection reset"];
  let looks = 0;
  bench.etcd.plan = ({ method }) => {
    if (method !== "status") return unreachable();
    const problem = failures[looks++ % failures.length]!;
    bench.etcd.members = [1, 2].map((at) => ({
      ...silent,
      endpoint: `http://etcd${at}.invalid:2379`,
      problem,
    }));
    return {};
  };
  const running = bench.cli.run("acquire", "noble", "--wait", "10h");
  const told = () => bench.cli.stderr.match(/cannot find out who leads/g)?.length ?? 0;
  await bench.looking(() => looks > 5);
  assert.equal(told(), 1, bench.cli.stderr);
  bench.cli.interrupt();
  assert.equal((await bench.ended(running)).code, 1);
});

Deno.test("acquire that is interrupted while nobody leads ends at once", async () => {
  await using bench = await Bench.open();
  const leader = await bench.startLeader("pool1");
  const running = bench.cli.run("acquire", "noble");
  await eventually(() => leader.pool.calls.includes("wait-grant 9"));
  await leader[Symbol.asyncDispose]();
  await bench.endLease();
  await eventually(() => /stopped/.test(bench.cli.stderr) && bench.cli.clock.sleeping > 0);
  bench.cli.interrupt();
  assert.equal((await running).code, 1);
});

Deno.test("--watch and events --follow go on with the next leader", async () => {
  await using bench = await Bench.open();
  const first = await bench.startLeader("pool1");
  const watching = bench.cli.run("list", "--watch", "5");
  const drawings = () => bench.cli.stdout.split("Provider").length - 1;
  await eventually(() => drawings() === 1 && bench.cli.clock.sleeping > 0);
  await first[Symbol.asyncDispose]();
  const second = await bench.startLeader("pool2");
  await bench.looking(() => drawings() === 2);
  bench.cli.interrupt();
  assert.equal((await watching).code, 0);

  const following = bench.cli.run("events", "--follow");
  await eventually(() => second.pool.calls.some((call) => call.startsWith("events")));
  await second[Symbol.asyncDispose]();
  const third = await bench.startLeader("pool3");
  await bench.looking(() => third.pool.calls.some((call) => call.startsWith("events")));
  bench.cli.interrupt();
  assert.equal((await bench.ended(following)).code, 0);
});

const upload = { provider: "cloud-a", image: "noble", ok: true, message: "ready" };

/** A wait of each kind: the call that it comes to, and how it ends at the next leader. */
const waits: readonly (readonly [readonly string[], RegExp, (pool: ScriptedPool) => void])[] = [
  [["image-build", "noble"], /^wait-orders /, (pool) => pool.orders.resolve([{ ...upload, provider: null }])],
  [["image-upload", "noble"], /^wait-orders /, (pool) => pool.orders.resolve([upload])],
  [["image-update", "all", "noble"], /^wait-orders /, (pool) => pool.orders.resolve([upload])],
  [["image-delete", "1", "--wait"], /^wait-image-end 1$/, (pool) => pool.endImage(1)],
  [["delete", "1", "2", "--now"], /^wait-end 2$/, (pool) => [1, 2].forEach((id) => pool.end(id))],
];

for (const [command, call, end] of waits) {
  for (const goodbye of [true, false]) {
    const how = goodbye ? "stops" : "says no goodbye";
    Deno.test(`${command.join(" ")} goes on with the next leader when its own ${how}`, async () => {
      await using bench = await Bench.open();
      const first = await bench.startLeader("pool1");
      const running = bench.cli.run(...command);
      const isWaiting = ({ pool }: Leader) => pool.calls.some((one) => call.test(one));
      await eventually(() => isWaiting(first));
      if (goodbye) await first[Symbol.asyncDispose]();
      const second = await bench.startLeader("pool2");
      await bench.looking(() => isWaiting(second));
      end(second.pool);
      const { code, stderr } = await bench.ended(running);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^nodepool: the daemon is stopped; waiting for the next one$/m);
      assert.equal(stderr.split("continuing with the daemon on pool2").length, 2, stderr);
    });
  }
}

Deno.test("image-build --follow prints each line of the build's log once, whoever leads", async () => {
  await using bench = await Bench.open();
  const first = await bench.startLeader("pool1");
  const building = (pool: ScriptedPool) =>
    pool.current = sampleReport({
      dibImages: [sampleDibImage({ id: 4, version: pool.current.now / 1000 })],
    });
  building(first.pool);
  first.pool.buildLog = ["+ one\n", "+ tw"];
  first.pool.isLogOpen = true;
  const running = bench.cli.run("image-build", "noble", "--follow");
  await bench.looking(() => bench.cli.stdout === "+ one\n+ tw");
  await first[Symbol.asyncDispose]();
  const second = await bench.startLeader("pool2");
  building(second.pool);
  second.pool.buildLog = ["+ one\n+ t", "wo\n+ three\n"];
  await bench.looking(() => second.pool.calls.includes("follow 4"));
  second.pool.orders.resolve([{ ...upload, provider: null }]);
  const { code, stdout, stderr } = await bench.ended(running);
  assert.deepEqual([code, stdout], [0, "+ one\n+ two\n+ three\ndiskimage noble: ready\n"], stderr);
});

Deno.test("what a leader refuses is refused from another machine, too", async () => {
  await using bench = await Bench.open();
  const leader = await bench.startLeader("pool1");
  leader.pool.failure = new ControlError(409, "node 3 is being deleted");
  const { code, stderr } = await bench.cli.run("hold", "3");
  assert.deepEqual([code, stderr], [1, "nodepool: node 3 is being deleted\n"]);
});

Deno.test("the Tab key waits half a second for etcd at most, and says nothing", async () => {
  await using bench = await Bench.open();
  bench.etcd.plan = () => ({ there: 60_000 });
  const line = `nodepool -c '${bench.cli.configFile}' show `;
  const running = bench.cli.run("complete", "bash", line);
  await eventually(() => bench.cli.clock.sleeping > 0);
  const begun = bench.cli.clock.now();
  const { code, stdout, stderr } = await bench.ended(running);
  assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  assert.ok(bench.cli.clock.now() - begun <= 750);
  bench.etcd.plan = () => ({});
  await bench.startLeader("pool1");
  assert.match((await bench.cli.run("complete", "bash", line)).stdout, /^\d+/);
});

Deno.test("ssh from a machine that lacks the private key says which, and where to log in from", async () => {
  await using bench = await Bench.open();
  await bench.startLeader("pool1");
  const { code, stderr } = await bench.cli.run("ssh", "--in-use", "4");
  assert.equal(code, 1);
  assert.match(stderr, /cannot read the private key \/.*; use a machine that has it, such as the daemon's/);
});
