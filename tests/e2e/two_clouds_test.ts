/**
 * The configuration of 2016 that runs on a real OpenStack (`tests/openstack/whole_path_test.ts`), on two simulated
 * clouds over HTTP and SSH: the same file, with other addresses and names filled in.
 */
import assert from "node:assert/strict";
import type { Cloud } from "../../src/cloud/cloud.ts";
import { createOpenStackCloud } from "../../src/cloud/openstack/openstack_cloud.ts";
import { createUndiciSend } from "../../src/http/undici_send.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { serveSimulator } from "../../src/simulator/serve_simulator.ts";
import { createSimulator } from "../../src/simulator/simulator.ts";
import { configurationOf2016, type ProviderKeys } from "../openstack/configuration.ts";
import { cloudAccess } from "../simulator/cloud_access.ts";
import {
  deletesNode,
  documentedMetadata,
  fillPool,
  holdsNode,
  tellsItsStatus,
  usesNode,
} from "../openstack/life_of_2016.ts";
import { NodepoolProcess } from "../openstack/nodepool_process.ts";

const KEYPAIR = "nodepool";
const signal = new AbortController().signal;

Deno.test("a configuration of 2016 gives ten nodes on two clouds, which live and end as users say", async () => {
  await using pool = await NodepoolProcess.create({ patience: 2 * MINUTE });
  await using simulated = await simulateClouds(["east", "west"], await pool.publicKey);
  const { east, west } = simulated.keys;
  await pool.configure(await configurationOf2016({ east: east!, west: west!, privateKey: pool.keyFile }));
  await pool.during(() => livesAndEnds(pool, simulated.clouds));
});

async function livesAndEnds(pool: NodepoolProcess, clouds: Readonly<Record<string, Cloud>>): Promise<void> {
  const nodes = await fillPool(pool);
  const of = (label: string) => nodes.find((node) => node.label === label)!;

  for (const node of nodes) {
    const server = await clouds[node.provider]!.getServer(node.server_id!, { signal });
    assert.ok(server !== "gone");
    const { groups, nodepool } = server.metadata;
    assert.deepEqual(
      { groups: JSON.parse(groups!), nodepool: JSON.parse(nodepool!) },
      documentedMetadata(node),
    );
    assert.equal(server.zone, node.az);
  }
  await tellsItsStatus(pool, of("debian-small"));
  await holdsNode(pool, of("west-only"));
  const { printed } = await usesNode(pool, { label: "debian-small", command: "echo here" });
  assert.equal(printed, "here");
  await deletesNode(pool, of("west-only"));

  await pool.untilReady(10);
  await pool.drain();
  for (const cloud of Object.values(clouds)) {
    assert.deepEqual((await cloud.listServers({ signal })).servers, []);
  }
}

/** Clouds of these names, whose servers let in the key of a keypair that each of them has. */
async function simulateClouds(names: readonly string[], publicKey: string) {
  await using made = new AsyncDisposableStack();
  const options = names.map((name) => ({
    name,
    bootTime: SECOND,
    networks: [{ name: "nodes" }],
    ssh: { users: ["debian"] },
  }));
  const simulator = made.use(
    createSimulator({ clouds: options, clock: systemClock, random: seededRandom(1) }),
  );
  const served = made.use(await serveSimulator(simulator, { hostname: "127.0.0.1", port: 0, sshPort: 0 }));
  const clouds: Record<string, Cloud> = {};
  const keys: Record<string, ProviderKeys> = {};
  for (const settings of simulator.settings.clouds) {
    const { name, username, password, project } = settings;
    const access = cloudAccess(settings, served.baseUrl);
    const send = made.use(createUndiciSend({ ...access, connections: 1 }));
    const clock = systemClock;
    const random = seededRandom(2);
    const cloud = made.use(
      createOpenStackCloud({ name, access, send, clock, random, apiTimeout: 10 * SECOND, rate: 0 }),
    );
    await cloud.createKeypair({ name: KEYPAIR, publicKey }, { signal });
    clouds[name] = cloud;
    keys[name] = {
      authUrl: access.authUrl.replace(/v3$/, "v2.0/"),
      username,
      password,
      projectName: project,
      keypair: KEYPAIR,
      sshPort: served.sshPort,
    };
  }
  const resources = made.move();
  return { clouds, keys, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}
