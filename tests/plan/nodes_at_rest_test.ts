/** A planning that goes on from the one before says what one from nothing says, whatever has changed in between. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { claimantOf } from "../../src/domain/claims.ts";
import type { NodeRecord } from "../../src/domain/node.ts";
import { NodeIndex } from "../../src/domain/node_index.ts";
import type { TargetState } from "../../src/domain/target_state.ts";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { NodesAtRest } from "../../src/plan/nodes_at_rest.ts";
import { planPool } from "../../src/plan/plan_pool.ts";
import type { PoolInput, PoolPlan } from "../../src/plan/pool_plan.ts";
import { sampleConfig, sampleRequest } from "../views/sample_pool.ts";
import { config, heard, label, node, NOW, provider, quota, seen, server, states } from "./plan_fixtures.ts";

const PROVIDERS = ["cloud-a", "cloud-b", "gone"];
const LABELS = ["noble", "jammy"];
const ADDRESSES = ["203.0.113.1", "203.0.113.2"];
const at = fc.nat({ max: 11 });

/** Whatever may happen between two plannings. */
const happening = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant("put" as const),
      at,
      fields: fc.record({
        state: fc.constantFrom(...Object.values(states)),
        label: fc.constantFrom(...LABELS, "none"),
        provider: fc.constantFrom(...PROVIDERS),
        role: fc.constantFrom("node" as const, "subnode" as const, "builder" as const),
        parent: fc.option(at),
        subnodeCount: fc.nat({ max: 2 }),
        age: fc.nat({ max: 10 * HOUR }),
        isAssigned: fc.boolean(),
        address: fc.option(fc.constantFrom(...ADDRESSES)),
        hasFloatingIp: fc.boolean(),
      }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("remove" as const), at }) },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant("status" as const),
      at,
      status: fc.constantFrom("ACTIVE", "ERROR", "SHUTOFF", "DELETED", "BUILD"),
    }),
  },
  fc.record({ what: fc.constant("vanish" as const), at }),
  fc.record({ what: fc.constant("freeze" as const), frozen: fc.constantFrom(null, "frozen", "otherwise") }),
  fc.record({ what: fc.constant("unseen" as const), is: fc.boolean() }),
  fc.record({ what: fc.constant("hear" as const), ago: fc.option(fc.nat({ max: 10 * HOUR })) }),
  { weight: 3, arbitrary: fc.record({ what: fc.constant("target" as const), online: fc.boolean() }) },
  fc.record({ what: fc.constant("relabel" as const), minReady: fc.nat({ max: 4 }) }),
  { weight: 2, arbitrary: fc.record({ what: fc.constant("later" as const), by: fc.nat({ max: 5 * HOUR }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant("ask" as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 4, arbitrary: fc.record({ what: fc.constant("store" as const) }) },
);

type Happening = typeof happening extends fc.Arbitrary<infer Value> ? Value : never;

class Pool {
  readonly index = NodeIndex.of([]);
  readonly rest = new NodesAtRest();
  readonly #clouds = ["cloud-a", "cloud-b"].map((name) => ({
    name,
    seen: seen({ servers: states10(), quota: quota({ takenAt: NOW }) }),
  }));
  #plan: PoolPlan | null = null;
  #now = NOW;
  #frozen: string | null = null;
  #isUnseen = false;
  #heardSince: number | null = null;
  #isOnline = true;
  #config = configOf(1);
  #requests: PoolInput["requests"] = [];

  happen(one: Happening): void {
    switch (one.what) {
      case "put":
        return this.index.put(one.at + 1, this.#node(one));
      case "remove":
        return this.index.put(one.at + 1, null);
      case "status":
        return this.#each(({ inventory }) =>
          void inventory.apply({
            kind: "delta",
            servers: [server(`s${one.at}`, { status: one.status })],
            startedAt: this.#now,
            cloudTime: this.#now,
            cloudAhead: null,
          })
        );
      case "vanish":
        return this.#each(({ inventory }) => inventory.noteGone(`s${one.at}`));
      case "freeze":
        this.#frozen = one.frozen;
        return;
      case "unseen":
        this.#isUnseen = one.is;
        return;
      case "hear":
        this.#heardSince = one.ago === null ? null : this.#now - one.ago;
        return;
      case "target":
        this.#isOnline = one.online;
        return;
      case "relabel":
        this.#config = configOf(one.minReady);
        return;
      case "later":
        this.#now += one.by;
        return;
      case "ask":
        this.#requests = [
          ...this.#requests,
          sampleRequest({
            id: [...this.#requests].length + 1,
            label: "noble",
            count: one.count,
            createdAt: this.#now,
            grantedAt: null,
          }),
        ];
        return;
      case "store":
        for (const { previous, next } of this.#plan?.changes ?? []) {
          if (this.index.byId.get(previous.id) === previous) this.index.put(previous.id, next);
        }
    }
  }

  #node(
    { at, fields: { age, parent, role, isAssigned, address, hasFloatingIp, ...fields } }: Happening & {
      what: "put";
    },
  ): NodeRecord {
    const since = this.#now - age;
    const state = { ...fields.state, ...("serverId" in fields.state ? { serverId: `s${at}` } : {}) };
    return node(state as NodeRecord["state"], {
      ...fields,
      state: state as NodeRecord["state"],
      id: at + 1,
      role,
      parentId: role === "subnode" && parent !== null ? parent + 1 : null,
      providerImageId: role === "builder" ? 1 : null,
      assignedAt: isAssigned ? since : null,
      manager: isAssigned ? "ci01" : null,
      addresses: address === null
        ? null
        : { login: address, publicV4: address, publicV6: null, privateV4: null },
      floatingIp: hasFloatingIp ? { id: `f${at}`, address: address ?? "203.0.113.3" } : null,
      stateSince: since,
      phaseSince: since,
      timings: { create: since, boot: since, address: since, login: since },
    });
  }

  #each(change: (observation: ReturnType<typeof seen>) => void): void {
    for (const { seen } of this.#clouds) change(seen);
  }

  #input(nodes: Iterable<NodeRecord>): PoolInput {
    const clouds = this.#clouds.filter(({ name }) => name !== "cloud-b" || !this.#isUnseen);
    return {
      config: this.#config,
      now: this.#now,
      wallOffset: 0,
      nodes,
      requests: this.#requests,
      pauses: [],
      images: new Map(),
      reserved: new Map(),
      seen: new Map(
        clouds.map(({ name, seen }) =>
          [name, { ...seen, frozen: name === "cloud-a" ? this.#frozen : null }] as const
        ),
      ),
      targets: new Map([[
        "default",
        this.#isOnline ? { online: true } : { online: false, reason: "no answer" },
      ]]),
      demand: new Map(),
      heardSince: heard(this.#heardSince),
      turns: this.#plan?.launches.turns ?? new Map(),
      unwanted: this.#plan?.unwanted ?? new Map(),
      creating: new Set(),
      launching: true,
      granting: true,
    };
  }

  /** Plans from the planning before and from nothing, and compares. */
  check(): void {
    const before = told(NodeIndex.of([...this.index]));
    const fromNothing = planPool(this.#input([...this.index].sort((a, b) => a.id - b.id)));
    this.#plan = planPool({ ...this.#input(this.index), rest: this.rest });
    assert.deepEqual(ordered(this.#plan), ordered(fromNothing));
    assert.deepEqual(told(this.index), before, "what is counted is as if it were counted from nothing");
  }
}

function states10() {
  return Array.from({ length: 12 }, (_, index) => server(`s${index}`));
}

const JENKINS = { url: "http://ci/", user: null, apiKey: null, credentialsId: null, testJob: null };

function configOf(minReady: number): PoolInput["config"] {
  return config({
    labels: LABELS.map((name) =>
      label({ name, minReady, providers: ["cloud-a", "cloud-b"], maxReadyAge: 3 * HOUR })
    ),
    providers: ["cloud-a", "cloud-b"].map((name) => provider({ name, maxServers: 8 })),
    targets: [{ ...sampleConfig().targets[0]!, name: "default", assignViaGearman: false, jenkins: JENKINS }],
    limits: { ...config().limits, idle: 10 * MINUTE },
  });
}

/** In whatever order they come, the changes and notes are the same. */
function ordered({ changes, unwanted, launches, ...plan }: PoolPlan) {
  return {
    ...plan,
    changes: changes.toSorted((a, b) => a.previous.id - b.previous.id),
    unwanted: new Map([...unwanted].sort(([a], [b]) => a - b)),
    launches,
  };
}

function claimsOf(nodeIndex: NodeIndex, at: number) {
  const things = [
    { kind: "server", id: `s${at}` },
    { kind: "floating-ip", id: `f${at}`, address: ADDRESSES[at] ?? null },
  ] as const;
  return PROVIDERS.flatMap((provider) =>
    things.map((thing) => claimantOf({ ...thing, provider }, { nodeIndex, images: new Map() }, null))
  );
}

function told(index: NodeIndex) {
  const sorted = <Value>(map: Iterable<readonly [string, Value]>) =>
    [...map].sort(([a], [b]) => a < b ? -1 : 1);
  const ids = (nodes: Iterable<NodeRecord>) => [...nodes].map(({ id }) => id);
  return {
    labels: sorted(index.labels).filter(([, { servers }]) => servers > 0).map(([name, each]) => [name, {
      ...each,
      ready: ids(each.ready),
      launchingByProvider: sorted(each.launchingByProvider),
      byTarget: sorted(each.byTarget),
      freeByProvider: sorted(each.freeByProvider),
      readyByProvider: sorted(each.readyByProvider),
    }]),
    providers: sorted(index.providers).filter(([, { all }]) => all.size > 0).map(([name, each]) => [name, {
      ...each,
      all: ids(each.all.values()).sort(),
      unsettled: ids(each.unsettled.values()).sort(),
      bySending: sorted(each.bySending).filter(([, { size }]) => size > 0).map((
        [name, of],
      ) => [name, ids(of)]),
      byAddress: ids(each.byAddress),
      byBootTime: ids(each.byBootTime),
      booted: ids(each.booted),
    }]),
    groups: ids(index).sort().map((id) => index.subnodesOf(id)),
    servers: states10().map(({ id }) => ids(index.naming(id))),
    claimed: states10().map((_, at) => claimsOf(index, at)),
    names: (["image", "provider", "label"] as const).map((of) => index.names(of).sort()),
    growing: ids(index.growing()),
    workers: ids(index.workers).sort(),
  };
}

Deno.test("whatever changes between plannings, one that goes on from the one before plans as one from nothing", () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      const pool = new Pool();
      pool.check();
      for (const one of happenings) {
        pool.happen(one);
        pool.check();
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("nodes that nothing has changed for are not planned, and those of a server that changed are", () => {
  const nodes = NodeIndex.of([1, 2, 3].map((id) => node({ phase: "ready", serverId: `s${id}` }, { id })));
  const observation = seen({ servers: states10() });
  const situation = {
    config: config(),
    seen: new Map([["cloud-a", observation]]),
    now: NOW,
    targets: new Map<string, TargetState>(),
  };
  const rest = new NodesAtRest();
  const moving = () => {
    const ids = rest.moving(nodes, situation);
    for (const each of ids) rest.note(each, { next: each, action: null, until: null });
    return ids.map(({ id }) => id);
  };
  assert.deepEqual([moving(), moving()], [[1, 2, 3], []]);
  observation.inventory.noteGone("s2");
  assert.deepEqual([moving(), moving()], [[2], []]);
  nodes.put(3, node({ phase: "ready", serverId: "s3" }, { id: 3, comment: "changed" }));
  assert.deepEqual([moving(), moving()], [[3], []]);
  situation.targets.set("ci", { online: false, reason: "no answer" });
  assert.deepEqual([moving(), moving()], [[1, 2, 3], []]);
  situation.targets.set("ci", { online: true });
  assert.deepEqual([moving(), moving()], [[1, 2, 3], []]);
});
