/** Nodes with subnodes over their whole life: whatever happens to one server of a group, none is half there for long. */
import assert from "node:assert/strict";
import { type NodeRecord, serverIdOf, stateName } from "../../../src/domain/node.ts";
import { HOUR, MINUTE, SECOND } from "../../../src/domain/time.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { viewLabelList } from "../../../src/views/label_list.ts";
import { viewNodeDetails } from "../../../src/views/node_details.ts";
import { poolConfig, VirtualPool } from "../../scenarios/virtual_pool.ts";

const label = "subnodes: 2";
const provider =
  "launch-timeout: 120s\n    boot-timeout: 60s\n    delete-timeout: 120s\n    api-timeout: 20s";

function groupConfig(
  { minReady, maxServers = 9, script = null, ...more }: {
    minReady: number;
    maxServers?: number;
    script?: string | null;
    cap?: number;
  },
): string {
  const lines = [
    label,
    ...(script === null ? [] : [`ready-script: ${script}`]),
    ...(more.cap === undefined ? [] : [`max-servers: ${more.cap}`]),
  ];
  return poolConfig({ minReady, maxServers, label: lines.join("\n    "), provider });
}

function nodes(virtual: VirtualPool): readonly NodeRecord[] {
  return virtual.pool.report().nodes;
}

function subnodesOf(virtual: VirtualPool, { id }: NodeRecord): readonly NodeRecord[] {
  return nodes(virtual).filter(({ parentId }) => parentId === id);
}

/** Nodes that are ready, with both of their subnodes. */
function readyGroups(virtual: VirtualPool): readonly NodeRecord[] {
  return nodes(virtual).filter((node) =>
    node.role === "node" && stateName(node) === "ready" &&
    subnodesOf(virtual, node).filter((subnode) => stateName(subnode) === "ready").length === 2
  );
}

async function untilReady(virtual: VirtualPool, groups: number, within = 10 * MINUTE): Promise<void> {
  await virtual.until(
    () => readyGroups(virtual).length === groups && nodes(virtual).length === 3 * groups,
    within,
  );
  assert.equal(virtual.servers(), 3 * groups);
}

/** A node is ready only with all of its subnodes, and those are on its provider. */
function assertWhole(virtual: VirtualPool, { atMost }: { atMost: number }): void {
  assert.ok(virtual.servers() <= atMost, `${virtual.servers()} servers of at most ${atMost}`);
  for (const node of nodes(virtual)) {
    if (node.role !== "node" || stateName(node) !== "ready") continue;
    const living = subnodesOf(virtual, node).filter((subnode) => stateName(subnode) !== "delete");
    assert.equal(living.length, 2, `node ${node.id} is ready with ${living.length} subnodes`);
  }
}

async function drain(virtual: VirtualPool): Promise<void> {
  await virtual.during(virtual.reconfigure(groupConfig({ minReady: 0 })));
  const ids = nodes(virtual).filter(({ role }) => role === "node").map(({ id }) => id);
  await virtual.during(virtual.ask("delete", { ids, comment: "the end" }));
  await virtual.until(() => virtual.count() === 0 && virtual.servers() === 0, 30 * MINUTE);
}

Deno.test("a node with subnodes is ready once all are, is taken as one, and is deleted with them", async () => {
  await using virtual = await VirtualPool.start({ config: groupConfig({ minReady: 1 }) });
  await untilReady(virtual, 1);
  const [first, ...others] = nodes(virtual);
  assert.deepEqual(others.map(({ hostname }) => hostname), ["small-main-1-2", "small-main-1-3"]);
  for (const subnode of others) {
    const { metadata } = virtual.serverOf(subnode);
    assert.equal(JSON.parse(metadata["nodepool"]!).node_id, first!.id);
    assert.equal(metadata["nodepool_node"], String(subnode.id));
  }
  const [taken, ...more] = await virtual.acquire("small");
  assert.deepEqual([taken!.id, more.length], [1, 0]);
  await untilReadyBeside(virtual, 1);
  await virtual.during(virtual.ask("release", { ids: [1], result: "SUCCESS", job: null }));
  await virtual.until(() => nodes(virtual).length === 3 && virtual.servers() === 3);
  await drain(virtual);
});

/** As `untilReady`, besides nodes that are in use. */
async function untilReadyBeside(virtual: VirtualPool, groups: number): Promise<void> {
  await virtual.until(() => readyGroups(virtual).length === groups);
}

Deno.test("/nodes/ID shows a node's subnodes, and the labels' list counts them as one with it", async () => {
  await using virtual = await VirtualPool.start({ config: groupConfig({ minReady: 1 }) });
  await untilReady(virtual, 1);
  const { node } = viewNodeDetails(virtual.pool.report(), 1)!;
  assert.deepEqual(
    node.subnodes,
    nodes(virtual).slice(1).map((subnode) => ({
      id: subnode.id,
      hostname: subnode.hostname,
      server_id: serverIdOf(subnode),
      state: "ready",
      ip: subnode.addresses!.login,
    })),
  );
  assert.equal(viewLabelList(virtual.pool.report()).labels[0]!.nodes.ready, 1);
});

for (
  const [what, fault] of [["ends in ERROR", 9], ["never becomes ACTIVE", 10], [
    "never opens SSH",
    12,
  ]] as const
) {
  Deno.test(`a subnode that ${what} is replaced, and no other server of its group`, async () => {
    const faults = [{ fault, name: "small-main-1-3" }];
    await using virtual = await VirtualPool.start({ config: groupConfig({ minReady: 1 }), faults });
    await untilReady(virtual, 1);
    assert.deepEqual(nodes(virtual).map(({ id }) => id), [1, 2, 4]);
    assert.equal(virtual.simulator.journal.countOf("server.create"), 4);
    assert.equal((await virtual.pool.ledger.getHistory(3))?.node.result, "failed");
  });
}

Deno.test("while a subnode is replaced its node tells what it waits for", async () => {
  const faults = [{ fault: 10, name: "small-main-1-3" }];
  await using virtual = await VirtualPool.start({ config: groupConfig({ minReady: 1 }), faults });
  await virtual.clock.advance(MINUTE);
  const [node] = nodes(virtual);
  assert.deepEqual([node!.state.phase, node!.waitingOn?.reason], ["prepare", "subnodes"]);
  assert.equal(node!.waitingOn?.message, "1 of its 2 subnodes are up");
});

Deno.test("a node whose own server fails takes its subnodes along, and another group takes their place", async () => {
  const faults = [{ fault: 9, name: "small-main-1" }];
  await using virtual = await VirtualPool.start({ config: groupConfig({ minReady: 1 }), faults });
  await untilReady(virtual, 1);
  assert.deepEqual(nodes(virtual).map(({ id }) => id), [4, 5, 6]);
});

Deno.test("a ready node that loses the server of a subnode is deleted whole and replaced", async () => {
  await using virtual = await VirtualPool.start({ config: groupConfig({ minReady: 1 }) });
  await untilReady(virtual, 1);
  virtual.simulator.arm({ fault: 15, name: "small-main-1-2", effect: false, time: SECOND });
  await virtual.until(() => nodes(virtual).every(({ id }) => id > 3));
  await untilReady(virtual, 1);
  assert.equal((await virtual.pool.ledger.getHistory(1))?.node.comment, "1 of its 2 subnodes are lost");
  assert.equal((await virtual.pool.ledger.getHistory(1))?.node.result, "lost");
});

Deno.test("a ready node whose own server vanishes leaves no subnode behind", async () => {
  await using virtual = await VirtualPool.start({ config: groupConfig({ minReady: 1 }) });
  await untilReady(virtual, 1);
  virtual.simulator.arm({ fault: 15, name: "small-main-1", time: SECOND });
  await virtual.until(() => nodes(virtual).every(({ id }) => id > 3));
  await untilReady(virtual, 1);
});

Deno.test("groups come whole or not at all: max-servers, a label's cap and quotas are never passed", async () => {
  const cases = [
    { config: groupConfig({ minReady: 5, maxServers: 8 }), clouds: [{}] },
    { config: groupConfig({ minReady: 5, maxServers: 50, cap: 8 }), clouds: [{}] },
    { config: groupConfig({ minReady: 5, maxServers: 50 }), clouds: [{ quotas: { instances: 8 } }] },
  ];
  for (const { config, clouds } of cases) {
    const faults = [{ fault: 9, probability: 0.2 }];
    await using virtual = await VirtualPool.start({ config, clouds, faults });
    for (let second = 0; second < 120; second++) {
      await virtual.clock.advance(SECOND);
      assertWhole(virtual, { atMost: 8 });
    }
    virtual.simulator.disarm();
    await untilReady(virtual, 2, HOUR);
    await virtual.clock.advance(10 * MINUTE);
    assert.equal(virtual.servers(), 6);
  }
});

Deno.test("a label that fails for long recovers: no node waits for a subnode that its own pause holds back", async () => {
  const faults = [{ fault: 9, name: "small-main-*-*" }];
  await using virtual = await VirtualPool.start({ config: groupConfig({ minReady: 2 }), faults });
  await virtual.clock.advance(HOUR);
  assert.equal(readyGroups(virtual).length, 0);
  const made = virtual.simulator.journal.countOf("server.create");
  assert.ok(made < 60, `${made} servers were made while every subnode failed`);
  virtual.simulator.disarm();
  await untilReady(virtual, 2, 30 * MINUTE);
});

Deno.test("a held node keeps its subnodes, whatever is done to their servers, and goes with them", async () => {
  await using virtual = await VirtualPool.start({ config: groupConfig({ minReady: 1 }) });
  await untilReady(virtual, 1);
  await virtual.acquire("small");
  await virtual.during(virtual.ask("hold", { ids: [1], reason: "looking", owner: "me", duration: null }));
  await virtual.during(virtual.ask("release", { ids: [1], result: "FAILURE", job: null }));
  virtual.simulator.arm({ fault: 15, name: "small-main-1-2", time: SECOND });
  await virtual.clock.advance(30 * HOUR);
  assert.deepEqual(nodes(virtual).slice(0, 3).map(({ id, state }) => [id, state.phase]), [
    [1, "hold"],
    [2, "ready"],
    [3, "ready"],
  ]);
  assert.ok(virtual.exists(serverIdOf(nodes(virtual)[2]!)!));
  await virtual.during(virtual.ask("delete", { ids: [1], comment: "done" }));
  await untilReady(virtual, 1);
  assert.ok(nodes(virtual).every(({ id }) => id > 3));
});

Deno.test("a subnode's id is refused by hold, delete and release, with what to name instead", async () => {
  await using virtual = await VirtualPool.start({ config: groupConfig({ minReady: 1 }) });
  await untilReady(virtual, 1);
  const hold = { reason: null, owner: null, duration: null };
  const outcomes = [
    ...await virtual.during(virtual.ask("delete", { ids: [2], comment: "no" })),
    ...await virtual.during(virtual.ask("hold", { ids: [2], ...hold })),
    ...await virtual.during(virtual.ask("release", { ids: [2], result: null, job: null })),
  ];
  const message = "node 2 is a subnode of node 1 and shares its fate; give the id of that node";
  assert.deepEqual(outcomes, Array(3).fill({ id: 2, ok: false, message }));
  await virtual.clock.advance(MINUTE);
  assert.equal(readyGroups(virtual).length, 1);
});

Deno.test("a ready script that fails pauses its label, and its group is deleted with the output kept", async () => {
  const commands = [{ command: "*./ready.sh*", output: "no mirror\n", exitCode: 4, time: SECOND }];
  const clouds = [{ ssh: { commands } }];
  const config = groupConfig({ minReady: 1, script: "ready.sh" });
  await using virtual = await VirtualPool.start({ config, clouds });
  await virtual.until(() => (virtual.pool.report().pauses[0]?.failures ?? 0) >= 4);
  const { node } = (await virtual.pool.ledger.getHistory(1))!;
  assert.match(
    node.comment ?? "",
    /^the ready script ready\.sh on small-main-1-[23] ended with exit code 4$/,
  );
  assert.deepEqual([node.result, node.evidence?.kind, node.evidence?.console], [
    "failed",
    "script",
    "no mirror",
  ]);
  await drain(virtual);
});

/** Each strikes now and then: lost answers, failed builds, no SSH, servers that vanish, refused deletions. */
const TROUBLE = [2, 3, 4, 9, 12, 15, 17].map((fault) => ({ fault, probability: 0.1, time: 20 * SECOND }));

for (let seed = 1; seed <= 8; seed++) {
  const trouble = seed % 2 === 0 ? "in trouble" : "in peace";
  Deno.test(`a pool stopped and started at any time, ${trouble}, leaves no half group and no server: seed ${seed}`, async () => {
    const config = groupConfig({ minReady: 2, script: "ready.sh" });
    const commands = [{ command: "*./ready.sh*", output: "", exitCode: 0, time: 2 * SECOND }];
    const clouds = [{ bootTime: 5 * SECOND, ssh: { commands } }];
    const faults = seed % 2 === 0 ? TROUBLE : [];
    await using virtual = await VirtualPool.start({ config, faults, clouds, random: seed });
    const random = seededRandom(seed);
    for (let restarts = 0; restarts < 16; restarts++) {
      await virtual.clock.advance(Math.floor(random.float() * 8 * SECOND));
      assertWhole(virtual, { atMost: 9 });
      await virtual.during(virtual.stopPool());
      await virtual.during(virtual.startPool());
      const ids = nodes(virtual).filter(({ role }) => role === "node").map(({ id }) => id);
      if (ids.length === 0 || random.float() > 0.3) continue;
      const id = random.pick(ids);
      const hold = { reason: null, owner: null, duration: 5 * MINUTE };
      if (random.float() < 0.5) await virtual.during(virtual.ask("hold", { ids: [id], ...hold }));
      else await virtual.during(virtual.ask("delete", { ids: [id], comment: "meanwhile" }));
    }
    virtual.simulator.disarm();
    await untilReady(virtual, 2, HOUR);
    await drain(virtual);
  });
}
