/** A busy pool on several machines, all of which break by chance; then everything works again, and nothing may be left. */
import { serverIdOf } from "../../../../src/domain/node.ts";
import { externalIdOf } from "../../../../src/domain/provider_image.ts";
import { MINUTE, SECOND } from "../../../../src/domain/time.ts";
import { type Random, seededRandom } from "../../../../src/lib/random.ts";
import { violationOf } from "../observed_run.ts";
import { deleteHeld, holdNode, useNodes } from "./clients.ts";
import type { Machine } from "./machine.ts";
import { MIN_READY, World } from "./world.ts";

interface Outcome {
  /** null: all was as it should be. */
  readonly violation: string | null;
  readonly log: readonly string[];
  readonly takeovers: number;
}

const STEPS = 14;

/** The same for the same seed. */
export async function play(seed: number): Promise<Outcome> {
  const world = new World(seed);
  const outcome = (violation: string | null) => ({
    violation,
    log: world.log,
    takeovers: world.log.filter((line) => line.endsWith(" leads")).length,
  });
  try {
    const clients = await trouble(world, seed);
    await recover(world, clients);
    return outcome(null);
  } catch (error) {
    return outcome(violationOf(error));
  } finally {
    await world[Symbol.asyncDispose]();
  }
}

interface Clients {
  left: number;
}

async function trouble(world: World, seed: number): Promise<Clients> {
  const random = seededRandom(seed);
  const clients: Clients = { left: 0 };
  await world.pass(20 * SECOND);
  // Those of another pool on a cloud keep a new state from beginning.
  for (const installation of [null, "another"]) world.makeForeign(installation);
  world.troubleEtcd(seed + 1);
  for (let step = 0; step < STEPS; step++) {
    if (random.float() < 0.15) {
      begin(world, { clients, name: "the operator", work: holdNode(world, random.integer(100)) });
    }
    if (random.float() < 0.6) beginClient(world, { clients, random, name: `client ${step}` });
    const machine = random.float() < 0.7 ? world.leader : random.pick(world.machines);
    if (machine !== null) breakSomething(world, machine, random);
    await world.pass(random.integer(20 * SECOND));
  }
  return clients;
}

function beginClient(
  world: World,
  { clients, random, name }: { clients: Clients; random: Random; name: string },
): void {
  const using = useNodes(world, { name, count: 1 + random.integer(2), time: random.integer(60 * SECOND) });
  begin(world, { clients, name, work: using });
}

function begin(
  world: World,
  { clients, name, work }: { clients: Clients; name: string; work: Promise<void> },
): void {
  clients.left++;
  work.then(() => clients.left--, (error) => {
    if (!world.over.signal.aborted) world.witness.violations.push(`${name}: ${(error as Error).stack}`);
  });
}

function breakSomething(world: World, machine: Machine, random: Random): void {
  const time = 1_000 + random.integer(25 * SECOND);
  const later = (then: () => void) => void world.clock.sleep(time, world.over).then(then, () => {});
  const { process, name } = machine;
  switch (random.integer(6)) {
    case 0:
      world.tell(`${name} is killed`);
      return process.kill();
    case 1:
    case 2:
      world.tell(`${name} is stopped for ${time} ms`);
      process.stop();
      return later(() => process.go());
    case 3:
      world.tell(`${name} is cut off from etcd for ${time} ms`);
      world.etcd.cutOff.add(name);
      return later(() => world.etcd.cutOff.delete(name));
    case 4:
      world.tell(`${name} resigns`);
      return machine.resign();
    default:
      world.tell("etcd is compacted");
      return world.etcd.server.compact();
  }
}

async function recover(world: World, clients: Clients): Promise<void> {
  world.tell("— all works again");
  world.etcd.plan = () => ({});
  world.etcd.cutOff.clear();
  for (const { process } of world.machines) process.go();
  const within = 40 * MINUTE;
  await world.until(() => world.leader !== null, { within, why: () => "nobody leads" });
  await world.until(() => clients.left === 0, {
    within,
    why: () => `${clients.left} clients wait for ever: ${world.lastRefusal}`,
  });
  begin(world, { clients, name: "the operator", work: deleteHeld(world) });
  await world.until(() => leaks(world).length === 0, {
    within,
    why: () => `left behind: ${leaks(world).join(", ")}`,
  });
  const ready = () => world.leader?.pool?.count("ready") ?? 0;
  await world.until(() => ready() >= MIN_READY, { within, why: () => `${ready()} nodes are ready` });
}

/** Servers, floating IPs and images that no record names. */
function leaks({ base, leader, witness: { foreign } }: World): readonly string[] {
  const { nodes = [], images = [] } = leader?.pool?.pool.report() ?? {};
  const named = new Set<unknown>([
    ...nodes.flatMap((node) => [serverIdOf(node), node.floatingIp?.id]),
    ...images.map(externalIdOf),
  ]);
  const cloud = base.simulator.cloud();
  return [
    ...cloud.servers.standing().map(({ id, name }) => ({ id, what: `server ${name}` })),
    ...[...cloud.network.floatingIps.values()].map(({ id, description }) => ({
      id,
      what: `floating IP ${description}`,
    })),
    ...cloud.images.all().map(({ id }) => ({ id, what: `image ${id}` })),
  ].filter(({ id }) => !named.has(id) && !foreign.has(id)).map(({ what }) => what);
}
