/** Promises of the planner that hold whatever labels, providers, clients, outages and reloads come together. Seeded. */
import assert from "node:assert/strict";
import type { Config } from "../../../src/domain/config.ts";
import { HOUR, MINUTE } from "../../../src/domain/time.ts";
import { type Random, seededRandom } from "../../../src/lib/random.ts";
import { config, image, label, provider } from "../../plan/plan_fixtures.ts";
import { PoolLife } from "./pool_life.ts";

/** No limit is passed by what is launched, and whoever waits is told why, of each provider. */
function check(life: PoolLife): void {
  const { reports, launches } = life.plan!.launches;
  const nodes = [...life.nodes];
  for (const { name, maxServers } of life.config.providers) {
    if (!launches.some(({ provider }) => provider.name === name)) continue;
    const { cores } = life.clouds.get(name)!;
    assert.ok(
      nodes.filter(({ provider }) => provider === name).length <= maxServers,
      `${name} is overbooked`,
    );
    assert.ok(cores === null || life.cores(name) + cores.others <= cores.limit, `${name} is over quota`);
  }
  for (const { name, maxServers } of life.config.labels) {
    if (maxServers === null || !launches.some(({ label }) => label.name === name)) continue;
    assert.ok(nodes.filter(({ label }) => label === name).length <= maxServers, `${name} is over its limit`);
  }
  for (const { name, demand, refusals } of reports) {
    const { providers, subnodes } = life.config.labels.find((label) => label.name === name)!;
    if (demand === 0 || refusals.some(({ provider }) => provider === null)) continue;
    for (const provider of life.config.providers.filter(({ name }) => providers.includes(name))) {
      const why = refusals.filter((refusal) => refusal.provider === provider.name);
      assert.notEqual(why.length, 0, `${name} waits, and nothing is said of ${provider.name}`);
      const used = nodes.filter((node) => node.provider === provider.name).length;
      for (const { obstacle } of why) {
        if (obstacle.kind === "quota") {
          assert.ok(
            obstacle.uses.every(({ used, need, limit }) => used + need > limit),
            `${provider.name} has room`,
          );
        } else if (obstacle.kind === "reserved-room") assert.notEqual(obstacle.label, name);
        else if (obstacle.kind === "frozen") assert.ok(life.clouds.get(provider.name)!.isFrozen);
        else if (obstacle.kind === "unreachable") assert.ok(life.clouds.get(provider.name)!.isAway);
      }
      if (why.every(({ obstacle }) => obstacle.kind === "max-servers")) {
        assert.ok(used + 1 + subnodes > provider.maxServers, `${provider.name} has room for ${name}`);
      }
    }
  }
  const told = new Set(life.plan!.requestWaits.map(({ request }) => request.id));
  assert.ok(life.requests.every(({ id }) => told.has(id)), "a request waits without a reason");
}

/** Something that may happen at any time. */
function happen(life: PoolLife, { random, usual }: { random: Random; usual: Config }): void {
  const chance = random.float();
  const cloud = life.clouds.get(random.pick([...life.clouds.keys()]))!;
  const labels = life.config.labels.map(({ name }) => name);
  if (chance < 0.12) life.request(random.pick(labels), 1 + random.integer(random.pick([1, 2, 4])));
  else if (chance < 0.13) life.requests = life.requests.slice(1);
  else if (chance < 0.14) cloud.isBroken = !cloud.isBroken;
  else if (chance < 0.15) cloud.isAway = !cloud.isAway;
  else if (chance < 0.16 && cloud.cores !== null) cloud.cores.limit = random.pick([4, 6, 9, 16]);
  else if (chance < 0.17) life.config = otherConfig(usual, random);
  else if (chance < 0.174) cloud.isFrozen = !cloud.isFrozen;
}

function otherConfig(usual: Config, random: Random): Config {
  const { providers, labels } = usual;
  return random.pick([
    usual,
    { ...usual, providers: providers.map((one) => ({ ...one, maxServers: Math.floor(one.maxServers / 2) })) },
    { ...usual, providers: providers.map((one) => ({ ...one, maxServers: one.maxServers * 2 })) },
    {
      ...usual,
      providers: [{ ...providers[0]!, images: providers[0]!.images.slice(1) }, ...providers.slice(1)],
    },
    { ...usual, labels: labels.length > 1 ? labels.slice(1) : labels },
    { ...usual, labels: labels.map((one) => ({ ...one, minReady: random.integer(4) })) },
    { ...usual, labels: labels.map((one) => ({ ...one, subnodes: one.subnodes + random.integer(2) })) },
  ]);
}

for (let seed = 1; seed <= 12; seed++) {
  Deno.test(`whatever happens to a pool, no limit is passed and every wait has its reason (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const life = new PoolLife(random);
    const usual = life.config;
    const ends = new Map<number, number>();
    const live = () => {
      for (const node of life.used()) {
        const end = ends.getOrInsertComputed(node.id, () => life.now + (1 + random.integer(9)) * MINUTE);
        if (end <= life.now) life.finish(node);
      }
      life.step();
      check(life);
    };
    for (const until = life.now + 40 * MINUTE; life.now < until;) {
      happen(life, { random, usual });
      live();
    }
    life.config = usual;
    life.requests = [];
    for (const cloud of life.clouds.values()) {
      Object.assign(cloud, { isBroken: false, isAway: false, isFrozen: false });
    }
    for (const until = life.now + 2 * HOUR; life.now < until;) live();
    const late = life.log.filter(({ at }) => at > life.now - HOUR);
    assert.deepEqual(late, [], "nobody asks for anything, and nodes come and go");
  });
}

/**
 * Lets two requests of each label wait at any time, and jobs take five minutes, where it is not said otherwise.
 * @returns grants, and the longest waits, by label
 */
function overload(
  { servers, asking, hours, seed = 1, minutes = () => 5 }: {
    /** max-servers, by provider. */
    servers: Record<string, number>;
    /** By label: nodes of a request, servers of a node, and its providers. */
    asking: Record<string, { nodes: number; servers?: number; providers: string[]; waiting?: number }>;
    hours: number;
    seed?: number;
    /** How long a job takes. */
    minutes?: (random: Random) => number;
  },
) {
  const images = [image({ name: "i1", baseImage: "i1", flavorName: "x1", diskimage: null, setup: null })];
  const labels = Object.entries(asking).map(([name, { servers = 1, providers }]) =>
    label({ name, image: "i1", minReady: 0, subnodes: servers - 1, providers })
  );
  const providers = Object.entries(servers).map(([name, maxServers]) =>
    provider({ name, maxServers, images, networks: [] })
  );
  const random = seededRandom(seed);
  const life = new PoolLife(random, config({ labels, providers, targets: [] }));
  for (const cloud of life.clouds.values()) cloud.cores = null;
  const [asked, ends] = [new Map<number, number>(), new Map<number, number>()];
  const waits = new Map<string, number>();
  let grants = 0;
  for (const until = life.now + hours * HOUR; life.now < until;) {
    for (const [name, { nodes, waiting = 2 }] of Object.entries(asking)) {
      while (life.requests.filter(({ label }) => label === name).length < waiting) {
        asked.set(life.request(name, nodes), life.now);
      }
    }
    for (const node of life.used()) {
      const end = ends.getOrInsertComputed(node.requestId!, () => life.now + minutes(random) * MINUTE);
      if (end <= life.now) life.finish(node);
    }
    grants += life.step().grants.length;
    for (const { id, label } of life.requests) {
      waits.set(label, Math.max(waits.get(label) ?? 0, life.now - asked.get(id)!));
    }
  }
  return { grants, waits };
}

Deno.test("labels whose requests each need all places take turns, and no time is lost between them", () => {
  const whole = { nodes: 10, providers: ["p1"] };
  const { grants, waits } = overload({
    servers: { p1: 10 },
    asking: { a: whole, b: whole, c: whole },
    hours: 2,
  });
  // A job, a deletion and a boot take seven minutes at most.
  assert.ok(grants >= 2 * 60 / 7 - 1, `${grants} grants`);
  for (const [name, wait] of waits) assert.ok(wait <= 50 * MINUTE, `${name} waited for ${wait / MINUTE} min`);
});

Deno.test("no label is starved by others whose requests are met with fewer nodes, or elsewhere too", () => {
  const several = overload({
    servers: { p1: 5, p2: 10 },
    asking: { a: { nodes: 3, servers: 2, providers: ["p1", "p2"] }, b: { nodes: 5, providers: ["p2"] } },
    hours: 2,
  });
  const one = overload({
    servers: { p1: 12 },
    asking: { a: { nodes: 2, providers: ["p1"] }, b: { nodes: 12, providers: ["p1"] } },
    hours: 2,
  });
  for (const [name, wait] of [...several.waits, ...one.waits]) {
    assert.ok(wait <= 35 * MINUTE, `${name} waited for ${wait / MINUTE} min`);
  }
});

Deno.test("a request for all places of two providers has its turn among streams of small ones", () => {
  const { waits } = overload({
    servers: { p1: 10, p2: 10 },
    asking: {
      all: { nodes: 20, providers: ["p1", "p2"], waiting: 1 },
      a: { nodes: 1, providers: ["p1"], waiting: 6 },
      b: { nodes: 1, providers: ["p2"], waiting: 6 },
    },
    hours: 2,
    minutes: (random) => 2 + random.integer(10),
  });
  assert.ok(waits.get("all")! <= 40 * MINUTE, `it waited for ${waits.get("all")! / MINUTE} min`);
});

for (let seed = 1; seed <= 3; seed++) {
  Deno.test(`nodes of min-ready give way to requests of others, and do not come and go in vain (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const images = [1, 2].map((size) =>
      image({ name: `i${size}`, baseImage: `i${size}`, flavorName: `x${size}`, diskimage: null, setup: null })
    );
    const labels = [
      label({ name: "a", image: "i1", minReady: 4, providers: ["p1", "p2"] }),
      label({ name: "b", image: "i2", minReady: 0, subnodes: random.integer(2), providers: ["p1"] }),
      label({ name: "c", image: "i1", minReady: 3, providers: ["p1"] }),
    ];
    const providers = [
      provider({ name: "p1", maxServers: 6, images, networks: [] }),
      provider({ name: "p2", maxServers: 1, images, networks: [] }),
    ];
    const life = new PoolLife(random, config({ labels, providers, targets: [] }));
    Object.assign(life.clouds.get("p1")!, { cores: random.pick([null, { limit: 8, others: 0 }]) });
    const ends = new Map<number, number>();
    let asked = 0;
    for (const until = life.now + 3 * HOUR; life.now < until;) {
      if (random.float() < 0.012) {
        const [name, most] = random.pick([["a", 2], ["b", 1], ["c", 2]] as const);
        const count = 1 + random.integer(most);
        life.request(name, count);
        asked += count * 4;
      }
      for (const node of life.used()) {
        if (ends.getOrInsertComputed(node.id, () => life.now + 5 * MINUTE) <= life.now) life.finish(node);
      }
      life.step();
      for (const { previous, next } of life.plan!.changes) {
        if (previous.role !== "node" || previous.state.phase !== "ready" || next?.state.phase === "ready") {
          continue;
        }
        const rested = life.now - previous.stateSince >= 10 * MINUTE;
        assert.ok(rested || next?.comment !== "its room is needed for label b", "it had just become ready");
      }
      for (const { id, label, createdAt } of life.requests) {
        assert.ok(life.now - createdAt <= 40 * MINUTE, `request ${id} of ${label} waits`);
      }
    }
    const given = life.log.filter(({ what }) => what === "give back");
    assert.ok(given.length <= asked, `${given.length} nodes were given back for ${asked} servers`);
    life.requests = [];
    for (const until = life.now + HOUR; life.now < until;) {
      for (const node of life.used()) life.finish(node);
      life.step();
    }
    assert.deepEqual(life.log.filter(({ at }) => at > life.now - 30 * MINUTE), []);
  });
}
