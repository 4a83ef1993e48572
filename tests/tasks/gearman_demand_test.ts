/** The link to the Gearman servers of the configuration, in virtual time. */
import assert from "node:assert/strict";
import type { GearmanServerState } from "../../src/demand/gearman/gearman.ts";
import type { LinkState } from "../../src/domain/link_state.ts";
import type { GearmanServerConfig } from "../../src/domain/config.ts";
import { SECOND } from "../../src/domain/time.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { TaskRegistry } from "../../src/tasks/task_registry.ts";
import { GearmanDemand } from "../../src/tasks/gearman_demand.ts";
import { NOW } from "../plan/plan_fixtures.ts";

const A: GearmanServerConfig = { host: "a", port: 4730 };
const B: GearmanServerConfig = { host: "b", port: 4730 };
const CONNECTED: LinkState = { status: "connected", since: NOW };
const AWAY: LinkState = { status: "away", since: NOW, message: "connection refused", retryAt: NOW + SECOND };

const notAsked = () => Promise.reject(new Error("nobody asks for that here"));

/** Gearman servers that say what they are told to. */
function kit() {
  const clock = new VirtualClock(NOW);
  const opened: { servers: readonly GearmanServerConfig[]; closed: boolean }[] = [];
  const script = {
    demand: new Map<string, number>(),
    failure: null as Error | null,
    states: [CONNECTED] as LinkState[],
  };
  const errors: string[] = [];
  let [woken, reads] = [0, 0];
  let tell: (server: GearmanServerState) => void = () => {};
  const tasks = new TaskRegistry({
    clock,
    onError: (task, error) => errors.push(`${task}: ${(error as Error).message}`),
  });
  tasks.start();
  const demand = new GearmanDemand({
    tasks,
    openGearman(onState) {
      const one: typeof opened[number] = { servers: [], closed: false };
      opened.push(one);
      tell = onState;
      return {
        configure(servers) {
          one.servers = servers;
          return Promise.resolve();
        },
        get servers() {
          return one.servers.map((server, index) => ({ ...server, state: script.states[index] ?? AWAY }));
        },
        readDemand() {
          reads++;
          return script.failure === null ? Promise.resolve(script.demand) : Promise.reject(script.failure);
        },
        assign: notAsked,
        revoke: notAsked,
        [Symbol.asyncDispose]() {
          one.closed = true;
          return Promise.resolve();
        },
      };
    },
    wake: () => woken++,
  });
  return {
    clock,
    tasks,
    opened,
    script,
    errors,
    demand,
    woken: () => woken,
    reads: () => reads,
    tell: (state: LinkState) => tell({ ...A, state }),
    read: (count: number) => clock.advanceUntil(() => reads >= count, { within: 20 * SECOND }),
  };
}

Deno.test("GearmanDemand: without a server nothing is asked for and no manager can be reached", async () => {
  const { demand, opened, tasks } = kit();
  await using _demand = demand;
  await demand.configure([]);
  assert.deepEqual([opened, demand.gearman, tasks.reports(), demand.demand.size], [[], null, [], 0]);
  assert.deepEqual(demand.state, { online: false, reason: "no Gearman server is configured" });
});

Deno.test("GearmanDemand: the queues are read every five seconds, and only a change wakes the pool", async () => {
  const { demand, script, read, woken, clock } = kit();
  await using _demand = demand;
  script.demand = new Map([["noble", 2]]);
  await demand.configure([A]);
  await read(1);
  assert.deepEqual([...demand.demand], [["noble", 2]]);
  assert.equal(woken(), 1);
  script.demand = new Map([["noble", 2]]);
  await read(2);
  assert.equal(clock.now(), NOW + 5 * SECOND);
  assert.equal(woken(), 1);
  script.demand = new Map([["noble", 1]]);
  await read(3);
  assert.deepEqual([[...demand.demand], woken()], [[["noble", 1]], 2]);
  script.demand = new Map();
  await read(4);
  assert.deepEqual([demand.demand.size, woken()], [0, 3]);
});

Deno.test("GearmanDemand: a server that has just been reached is asked at once", async () => {
  const { demand, script, read, tell, clock } = kit();
  await using _demand = demand;
  await demand.configure([A]);
  await read(1);
  script.demand = new Map([["noble", 2]]);
  tell(AWAY);
  await clock.advance(0);
  assert.equal(demand.demand.size, 0, "one that goes has nothing to say");
  tell(CONNECTED);
  await clock.advance(0);
  assert.deepEqual([...demand.demand], [["noble", 2]]);
});

Deno.test("GearmanDemand: a reading that fails is told of, and the last one stays", async () => {
  const { demand, script, read, errors } = kit();
  await using _demand = demand;
  script.demand = new Map([["noble", 2]]);
  await demand.configure([A]);
  await read(1);
  script.failure = new Error("it makes no sense");
  await read(2);
  assert.deepEqual([[...demand.demand], errors], [[["noble", 2]], ["gearman: it makes no sense"]]);
});

Deno.test("GearmanDemand: managers can be reached while any server is connected", async () => {
  const { demand, script, tell, woken } = kit();
  await using _demand = demand;
  await demand.configure([A, B]);
  script.states = [AWAY, CONNECTED];
  assert.deepEqual(demand.state, { online: true });
  script.states = [AWAY, AWAY];
  assert.deepEqual(demand.state, { online: false, reason: "no Gearman server is connected" });
  const before = woken();
  tell(AWAY);
  assert.equal(woken(), before + 1, "a server that goes wakes the pool");
});

Deno.test("GearmanDemand: other servers are told to the same link, and their queues are read at once", async () => {
  const { demand, opened, script, read, clock } = kit();
  await using _demand = demand;
  script.demand = new Map([["noble", 2]]);
  await demand.configure([A]);
  await demand.configure([{ ...A }]);
  assert.equal(opened.length, 1);
  await read(1);
  script.demand = new Map();
  await demand.configure([A, B]);
  assert.deepEqual(opened.map(({ servers, closed }) => [servers.length, closed]), [[2, false]]);
  await clock.advance(0);
  assert.equal(demand.demand.size, 0);
  await demand.configure([]);
  assert.equal(opened[0]!.closed, true);
  assert.equal(demand.demand.size, 0, "servers that are configured no more ask for nothing");
});
