/**
 * The life of a pool as its planner alone makes it: clouds that boot, fail and delete as told, clients that come and go,
 * all seeded. Only `planPool` is real; each step is what a tick does with its plan.
 */
import assert from "node:assert/strict";
import type { Config, LabelConfig, ProviderConfig } from "../../../src/domain/config.ts";
import type { LaunchPause } from "../../../src/domain/launch_pause.ts";
import { type NodeRecord, stateName } from "../../../src/domain/node.ts";
import { NodeIndex } from "../../../src/domain/node_index.ts";
import { transition } from "../../../src/domain/node_transition.ts";
import type { Observation } from "../../../src/domain/observation.ts";
import type { NodeRequest } from "../../../src/domain/request.ts";
import type { Flavor } from "../../../src/domain/server.ts";
import { MINUTE, SECOND } from "../../../src/domain/time.ts";
import { pauseAfterFailure } from "../../../src/plan/launch_pause.ts";
import { newNode, newSubnode } from "../../../src/plan/new_node.ts";
import { NodesAtRest } from "../../../src/plan/nodes_at_rest.ts";
import { planPool } from "../../../src/plan/plan_pool.ts";
import type { PoolPlan } from "../../../src/plan/pool_plan.ts";
import type { Random } from "../../../src/lib/random.ts";
import { sampleRequest } from "../../views/sample_pool.ts";
import {
  catalog,
  config,
  image,
  label,
  NOW,
  provider,
  quota,
  sampleCloudImage,
  seen,
} from "../../plan/plan_fixtures.ts";

const STEP = 5 * SECOND;

const FLAVORS: readonly Flavor[] = [1, 2, 4].map((vcpus) => ({
  id: `f${vcpus}`,
  name: `x${vcpus}`,
  vcpus,
  ramMib: 2048 * vcpus,
  diskGib: 20,
}));

interface Cloud {
  /** Cores that the project may have, and that others in it use; null: no quota. */
  cores: { limit: number; others: number } | null;
  /** Whether servers come to nothing. */
  isBroken: boolean;
  isAway: boolean;
  isFrozen: boolean;
}

interface Happening {
  readonly at: number;
  readonly what: "launch" | "give back" | "grant";
  readonly label: string;
  readonly why: string;
}

export class PoolLife {
  now = NOW;
  config: Config;
  readonly clouds = new Map<string, Cloud>();
  readonly nodes = NodeIndex.of([]);
  requests: NodeRequest[] = [];
  pauses: LaunchPause[] = [];
  plan: PoolPlan | null = null;
  readonly log: Happening[] = [];
  /** By node: when its boot or its deletion ends. */
  readonly #ends = new Map<number, number>();
  readonly #rest = new NodesAtRest();
  readonly #quotas = new Map<string, { takenAt: number; used: number }>();
  #ids = 1;

  constructor(readonly random: Random, made: Config = randomConfig(random)) {
    this.config = made;
    for (const { name } of made.providers) {
      const limit = random.pick([4, 6, 9, 16]);
      const cores = random.float() < 0.5 ? null : { limit, others: random.integer(3) };
      this.clouds.set(name, { cores, isBroken: false, isAway: false, isFrozen: false });
    }
  }

  request(name: string, count: number): number {
    const id = this.#ids++;
    this.requests.push(sampleRequest({ id, label: name, count, createdAt: this.now }));
    return id;
  }

  /** Ends a job. */
  finish(node: NodeRecord): void {
    this.#put(transition(node, { type: "delete", by: "user", comment: "done", result: "used" }, this.now));
  }

  used(): NodeRecord[] {
    return [...this.nodes].filter((node) => node.role === "node" && stateName(node) === "used");
  }

  cores(name: string): number {
    return [...this.nodes].filter((node) => node.provider === name)
      .reduce((sum, { flavorId }) => sum + Number(flavorId.slice(1)), 0);
  }

  step(): PoolPlan {
    this.now += STEP;
    this.#liveOn();
    const plan = planPool({
      config: this.config,
      now: this.now,
      wallOffset: 0,
      nodes: this.nodes,
      rest: this.#rest,
      requests: this.requests,
      pauses: this.pauses,
      images: new Map(),
      reserved: new Map(),
      seen: new Map(this.config.providers.map(({ name }) => [name, this.#see(name)])),
      targets: new Map(),
      demand: new Map(),
      turns: this.plan?.launches.turns ?? new Map(),
      unwanted: this.plan?.unwanted ?? new Map(),
      creating: new Set(),
      concerns: (node) => stateName(node) === "ready" || stateName(node) === "used",
      launching: true,
      granting: true,
    });
    assert.deepEqual(plan.defects, []);
    this.plan = plan;
    this.#carryOut(plan);
    return plan;
  }

  #carryOut(plan: PoolPlan): void {
    for (const { previous, next } of plan.changes) {
      if (next === null) this.nodes.put(previous.id, null);
      else this.#put(next);
      if (
        next !== null && stateName(next) === "delete" && stateName(previous) === "ready" &&
        next.role === "node"
      ) {
        this.log.push({ at: this.now, what: "give back", label: next.label, why: next.comment ?? "" });
      }
    }
    for (const { request, nodes } of plan.grants) {
      this.requests = this.requests.filter(({ id }) => id !== request.id);
      this.log.push({ at: this.now, what: "grant", label: request.label, why: String(request.id) });
      for (const node of nodes) {
        const label = this.config.labels.find(({ name }) => name === node.label)!;
        assert.ok(node.subnodeCount >= label.subnodes, "fewer subnodes than its label has");
        this.#put(transition(node, { type: "taken", job: null, requestId: request.id }, this.now));
        for (const subnode of this.nodes.subnodesOf(node.id)) {
          this.#put(transition(subnode, { type: "taken", job: null, requestId: request.id }, this.now));
        }
      }
    }
    for (const launch of plan.launches.launches) {
      const named = { zone: null, now: this.now, hostnameTemplate: "x" };
      const parent = newNode(launch, { ...named, id: this.#ids++ });
      const group = Array.from(
        { length: launch.label.subnodes },
        () => newSubnode({ ...launch, parent }, { ...named, id: this.#ids++ }),
      );
      for (const node of [parent, ...group]) {
        this.nodes.put(node.id, booting(node, this.now));
        this.#ends.set(node.id, this.now + 30 * SECOND + this.random.integer(60) * SECOND);
      }
      this.log.push({ at: this.now, what: "launch", label: launch.label.name, why: launch.reason });
    }
  }

  #put(next: NodeRecord): void {
    const before = this.nodes.byId.get(next.id);
    this.nodes.put(next.id, next);
    if (stateName(next) !== "delete" || before === undefined || stateName(before) === "delete") return;
    this.#ends.set(next.id, this.now + 5 * SECOND + this.random.integer(30) * SECOND);
    for (const subnode of this.nodes.subnodesOf(next.id)) {
      if (stateName(subnode) === "delete") continue;
      this.#put(
        transition(subnode, { type: "delete", by: "owner", comment: "", result: "unused" }, this.now),
      );
    }
  }

  #liveOn(): void {
    for (const [id, at] of [...this.#ends]) {
      if (at > this.now) continue;
      this.#ends.delete(id);
      const node = this.nodes.byId.get(id);
      if (node === undefined) continue;
      if (stateName(node) === "delete") {
        this.nodes.put(id, null);
        continue;
      }
      const parent = this.nodes.nodeOf(node);
      if (this.clouds.get(node.provider)!.isBroken) {
        if (node.role === "node") this.#fail(node);
        else if (parent !== null && stateName(parent) !== "delete") this.#fail(parent);
        continue;
      }
      // A group is ready as one.
      if (node.role === "subnode") continue;
      for (const one of [node, ...this.nodes.subnodesOf(id)]) {
        this.#ends.delete(one.id);
        const state = { phase: "ready", serverId: `s${one.id}` } as const;
        this.nodes.put(one.id, {
          ...one,
          state,
          stateSince: this.now,
          timings: { ...one.timings, ready: this.now },
        });
      }
      this.pauses = this.pauses.filter((pause) =>
        pause.provider !== node.provider || pause.label !== node.label
      );
    }
  }

  #fail(node: NodeRecord): void {
    const same = (pause: LaunchPause) => pause.provider === node.provider && pause.label === node.label;
    const failed = {
      provider: node.provider,
      label: node.label,
      error: "no login",
      kind: "ssh",
      launchedAt: node.timings.create!,
      retries: 3,
    };
    const pause = pauseAfterFailure(this.pauses.find(same) ?? null, failed, this.now);
    this.pauses = [...this.pauses.filter((one) => !same(one)), pause];
    this.#put(
      transition(node, { type: "delete", by: "failure", comment: "no login", result: "failed" }, this.now),
    );
  }

  readonly #sights = new Map<string, Observation>();

  #see(name: string): Observation {
    const cloud = this.clouds.get(name)!;
    const before = this.#quotas.get(name);
    if (before === undefined || (this.now >= before.takenAt + MINUTE && !cloud.isAway)) {
      this.#quotas.set(name, {
        takenAt: this.now - SECOND,
        used: this.cores(name) + (cloud.cores?.others ?? 0),
      });
    }
    const { takenAt, used } = this.#quotas.get(name)!;
    const images = ["i1", "i2", "i4"].map((id) => [id, sampleCloudImage({ id, name: id })] as const);
    const sight = this.#sights.get(name) ??
      seen({ catalog: catalog({ flavors: FLAVORS, images: new Map(images) }) });
    this.#sights.set(name, sight);
    const failure = cloud.isAway
      ? { kind: "unavailable" as const, message: "down", since: this.now, retryAt: this.now + MINUTE }
      : null;
    return {
      ...sight,
      failure,
      frozen: cloud.isFrozen ? "another daemon works there" : null,
      quota: cloud.cores === null ? null : quota({ takenAt, cores: { limit: cloud.cores.limit, used } }),
    };
  }
}

function booting(node: NodeRecord, now: number): NodeRecord {
  return {
    ...node,
    state: { phase: "boot", serverId: `s${node.id}` },
    waitingOn: null,
    timings: { create: now, boot: now },
  };
}

function randomConfig(random: Random): Config {
  const providers = ["p1", "p2", "p3"].slice(0, 1 + random.integer(3)).map((name): ProviderConfig =>
    provider({
      name,
      maxServers: random.pick([2, 3, 5, 8, 12]),
      launchRetries: 3,
      images: [1, 2, 4].map((size) =>
        image({
          name: `i${size}`,
          baseImage: `i${size}`,
          flavorName: `x${size}`,
          diskimage: null,
          setup: null,
        })
      ),
      networks: [],
    })
  );
  const labels = ["a", "b", "c", "d"].slice(0, 1 + random.integer(4)).map((name): LabelConfig => {
    const own = providers.map((one) => one.name).filter(() => random.float() < 0.7);
    return label({
      name,
      image: `i${random.pick([1, 1, 2, 4])}`,
      minReady: random.integer(4),
      subnodes: random.pick([0, 0, 0, 1, 2]),
      maxServers: random.pick([null, null, null, 3, 6]),
      providers: own.length > 0 ? own : [providers[0]!.name],
    });
  });
  return config({ labels, providers, targets: [] });
}
