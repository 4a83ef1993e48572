/** Promises of the planner that hold whatever labels, providers, clients, outages and reloads come together. Seeded. */
import assert from "node:assert/strict";
import type { Config } from "../../src/domain/config.ts";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { type Random, seededRandom } from "../../src/lib/random.ts";
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
}

function otherConfig(usual: Config, random: Random): Config {
  const { providers, labels } = usual;
  return random.pick([
    usual,
    { ...usual, providers: providers.map((one) => ({ ...one, maxServers: Math.floor(one.maxServers / 2) })) },
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
    for (const cloud of life.clouds.values()) Object.assign(cloud, { isBroken: false, isAway: false });
    for (const until = life.now + 2 * HOUR; life.now < until;) live();
    const late = life.log.filter(({ at }) => at > life.now - HOUR);
    assert.deepEqual(late, [], "nobody asks for anything, and nodes come and go");
  });
}
