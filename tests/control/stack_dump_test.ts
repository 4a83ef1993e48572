/** What SIGUSR2 leaves in the log and in the folder of profiles. */
import assert from "node:assert/strict";
import { StackDump } from "../../src/control/stack_dump.ts";
import { MINUTE } from "../../src/domain/time.ts";
import type { CpuProfile } from "../../src/lib/cpu_profiler.ts";
import { startLogging } from "../../src/lib/logging.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { viewDump } from "../../src/views/dump.ts";
import { sampleDump } from "../views/sample_dump.ts";

const PROFILE: CpuProfile = {
  nodes: Array.from({ length: 15 }, (_, id) => ({
    id,
    callFrame: { scriptId: "1", functionName: `f${id}`, url: "file:///x.ts", lineNumber: 0, columnNumber: 0 },
  })),
  startTime: 0,
  endTime: 1e6,
  samples: Array.from({ length: 16 }, (_, id) => id % 15),
  timeDeltas: Array.from({ length: 16 }, (_, id) => id * 1_000),
};

async function kit({ folder = "profiles" }: { folder?: string } = {}) {
  const root = await Deno.makeTempDir({ prefix: "nodepool-dump-" });
  const clock = new VirtualClock();
  const profiler = {
    isOn: false,
    failure: null as Error | null,
    start() {
      if (this.failure !== null) return Promise.reject(this.failure);
      this.isOn = true;
      return Promise.resolve();
    },
    stop() {
      this.isOn = false;
      return Promise.resolve(PROFILE);
    },
  };
  const logging = await startLogging({ level: "info", format: "json", file: `${root}/log`, clock });
  const dump = new StackDump({
    clock,
    profiler,
    pid: 4711,
    folder: () => `${root}/${folder}`,
    dump: () => viewDump(sampleDump),
  });
  return {
    clock,
    profiler,
    dump,
    root,
    /** The first lines of what was logged, without times. */
    logged: async () =>
      (await Deno.readTextFile(`${root}/log`)).trim().split("\n").map((line) => JSON.parse(line))
        .map(({ message, category }) => {
          assert.equal(category, "nodepool.stack_dump");
          return message.split("\n")[0].split(",")[0].replaceAll(root, "");
        }),
    profiles: () => [...Deno.readDirSync(`${root}/profiles`)].map(({ name }) => name),
    async [Symbol.asyncDispose]() {
      await dump[Symbol.asyncDispose]();
      await logging[Symbol.asyncDispose]();
      await Deno.remove(root, { recursive: true });
    },
  };
}

const DUMPED = [
  "nodepool 0.4.0 (abc)",
  "request: method GET",
  "create-server: node 12",
  "queues",
];
const ON = "the CPU profiler is on: send SIGUSR2 again to get the profile; it stops by itself after 10 min";
const profileOf = (name: string) => [
  `CPU profile /profiles/${name}: open it in the developer tools of Chrome`,
  "profile of 1.000 s",
];

Deno.test("the first signal dumps and switches the profiler on, the second leaves a profile and dumps, and so on", async () => {
  await using bench = await kit();
  await Promise.all([bench.dump.signal(), bench.dump.signal()]);
  const [first] = bench.profiles();
  assert.equal(first, "nodepool-4711-2030-01-01T00-00-00.000Z.cpuprofile");
  const path = `${bench.root}/profiles/${first}`;
  assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
  assert.deepEqual(JSON.parse(await Deno.readTextFile(path)), PROFILE);
  assert.deepEqual(await bench.logged(), [...DUMPED, ON, ...profileOf(first!), ...DUMPED]);
  await bench.clock.advance(1_000);
  await bench.dump.signal();
  assert.equal(bench.profiler.isOn, true);
  assert.equal(bench.dump.profilingSince, bench.clock.now());
  await bench.dump.signal();
  assert.equal(bench.profiles().length, 2);
  assert.equal(bench.dump.profilingSince, null);
});

Deno.test("the ten functions with the most time of their own are named, the longest first", async () => {
  await using bench = await kit();
  await bench.dump.signal();
  await bench.dump.signal();
  const lines = (await Deno.readTextFile(`${bench.root}/log`)).trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  const text: string = lines.find(({ message }) => message.startsWith("profile of ")).message;
  const [head, ...functions] = text.split("\n");
  assert.equal(head, "profile of 1.000 s, busy for 0.120 s; most self time:");
  assert.equal(functions.length, 10);
  assert.equal(functions[0], "      0.015 s  12.5 %  f14 file:///x.ts:1");
});

Deno.test("a profile that nobody ends is written after ten minutes", async () => {
  await using bench = await kit();
  await bench.dump.signal();
  await bench.clock.advance(10 * MINUTE - 1);
  assert.equal(bench.profiler.isOn, true);
  await bench.clock.advance(1);
  await bench.dump[Symbol.asyncDispose]();
  assert.equal(bench.profiler.isOn, false);
  assert.equal(bench.profiles().length, 1);
  await bench.dump.signal();
  assert.equal(bench.profiler.isOn, true);
});

Deno.test("a daemon that ends writes the profile it was making", async () => {
  await using bench = await kit();
  await bench.dump.signal();
  await bench.dump[Symbol.asyncDispose]();
  assert.equal(bench.profiles().length, 1);
});

Deno.test("what cannot be profiled or written is said, and the next signal is answered", async () => {
  await using bench = await kit({ folder: "log/under-a-file" });
  bench.profiler.failure = new Error("no inspector");
  await bench.dump.signal();
  assert.equal((await bench.logged()).at(-1), "cannot start the CPU profiler: no inspector");
  bench.profiler.failure = null;
  await bench.dump.signal();
  await bench.dump.signal();
  const said = await bench.logged();
  assert.match(
    said.find((line) => line.startsWith("cannot write the CPU profile: ")) ?? "",
    /check log\.profile-dir$/,
  );
  assert.deepEqual(said.slice(-4), DUMPED);
});
