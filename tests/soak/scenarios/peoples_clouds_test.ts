/**
 * A pool on each kind of cloud and SSH server that the simulator knows: nodes, an image that is prepared there, and a
 * job, from nothing to nothing, in virtual time.
 */
import assert from "node:assert/strict";
import { stateName } from "../../../src/domain/node.ts";
import { HOUR, MINUTE } from "../../../src/domain/time.ts";
import { imageConfig, readyImages } from "../../scenarios/image_pool.ts";
import { type Manner, manners } from "../../scenarios/manners.ts";
import { VirtualPool } from "../../scenarios/virtual_pool.ts";

const BOOT_TIMEOUT = 5 * MINUTE;

/** Labels `plain`, of an image as the cloud has it, and `prepared`, of one that is set up there. */
function configFor({ provider }: Manner): string {
  const config = imageConfig({
    built: [],
    prepared: ["prepared", "plain"],
    minReady: 1,
    provider: [`boot-timeout: ${BOOT_TIMEOUT / 1000}`, ...provider].join("\n    "),
  });
  const [before, after] = config.split("      - name: plain");
  return `${before}      - name: plain${after!.replace("\n        setup: prepare.sh", "")}`;
}

function startFor(manner: Manner): Promise<VirtualPool> {
  return VirtualPool.start({ config: configFor(manner), clouds: [manner.cloud] });
}

for (const manner of manners.filter(({ hindrance }) => hindrance === null)) {
  Deno.test(`nodes, an image that is prepared and a job go well with ${manner.name}`, async () => {
    await using virtual = await startFor(manner);
    await untilReady(virtual);
    assert.equal(readyImages(virtual).length, 1);
    const [node] = await virtual.acquire("prepared");
    assert.ok(node?.addresses !== null);
    await virtual.during(virtual.ask("release", { ids: [node!.id], result: "SUCCESS", job: "unit" }));
    await virtual.until(() => !virtual.pool.report().nodes.some(({ id }) => id === node!.id), HOUR);
    await untilReady(virtual);
    await assertNothingTwice(virtual);
    await leave(virtual, manner);
  });
}

for (const manner of manners.filter(({ hindrance }) => hindrance !== null)) {
  Deno.test(`no node is ready with ${manner.name}, and it is said why`, async () => {
    await using virtual = await startFor(manner);
    const told = () =>
      virtual.pool.report().nodes.flatMap(({ waitingOn, evidence }) => [
        waitingOn?.message ?? "",
        evidence?.error ?? "",
      ]);
    await virtual.until(() => told().some((text) => manner.hindrance!.test(text)), HOUR);
    await virtual.clock.advance(2 * BOOT_TIMEOUT);
    assert.equal(virtual.count("ready"), 0);
    await leave(virtual, manner);
  });
}

async function untilReady(virtual: VirtualPool): Promise<void> {
  const isReady = () => ["plain", "prepared"].every((label) => virtual.count("ready", label) === 1);
  await virtual.until(isReady, HOUR).catch((error) => {
    const nodes = virtual.pool.report().nodes.map(({ id, label, waitingOn, evidence, ...node }) =>
      `node ${id} (${label}) is ${stateName(node)}: ${waitingOn?.message ?? ""}; ${evidence?.error ?? ""}`
    );
    throw new Error([error.message, ...nodes, ...virtual.reasons()].join("\n"));
  });
}

/** Each server was asked for once, and deleted once at most. */
function assertNothingTwice({ simulator }: VirtualPool): void {
  for (const operation of ["server.create", "server.delete"]) {
    const ids = simulator.journal.rows().filter((row) => row.operation === operation).map(({ serverId }) =>
      serverId
    );
    assert.equal(new Set(ids).size, ids.length, operation);
  }
}

/** With nothing wanted any more, nothing is left on the cloud. */
async function leave(virtual: VirtualPool, manner: Manner): Promise<void> {
  const unwanted = configFor(manner).replaceAll("min-ready: 1", "min-ready: -1");
  await virtual.during(virtual.reconfigure(unwanted));
  const ids = virtual.pool.report().nodes.map(({ id }) => id);
  await virtual.during(virtual.ask("delete", { ids, comment: "the end" }));
  await virtual.until(() => virtual.count() === 0 && virtual.servers() === 0, HOUR);
  const [cloud] = virtual.simulator.clouds.values();
  assert.equal(cloud!.network.floatingIps.size, 0, "no floating IP is left");
  assert.equal(cloud!.keypairs.size, 0, "no keypair is left");
}
