/** The whole path on a real OpenStack: a file as it was written in 2016 becomes ten nodes, which are used and deleted. */
import assert from "node:assert/strict";
import type { AlienListView } from "../../src/views/alien_lists.ts";
import type { NodeView } from "../../src/views/node_list.ts";
import { configurationOf2016 } from "./configuration.ts";
import { type Devcloud, scenario } from "./devcloud.ts";
import {
  deletesNode,
  documentedMetadata,
  fillPool,
  holdsNode,
  tellsItsStatus,
  usesNode,
} from "./life_of_2016.ts";
import type { NodepoolProcess } from "./nodepool_process.ts";

scenario(
  "a configuration of 2016 gives ten nodes in two providers, which live and end as users say",
  async (devcloud, pool) => {
    const keys = { ...devcloud.keys, sshPort: 22 };
    await pool.configure(await configurationOf2016({ east: keys, west: keys, privateKey: pool.keyFile }));
    const nodes = await fillPool(pool);
    const of = (label: string) => nodes.find((node) => node.label === label)!;

    await servesAsConfigured(devcloud, of("debian-large"));
    await showsAliens(devcloud, pool);
    await tellsItsStatus(pool, of("debian-small"));
    await holdsNode(pool, of("west-only"));
    const { printed } = await usesNode(pool, {
      label: "debian-small",
      command: "id -un; echo $SSH_CONNECTION",
    });
    assert.match(printed, /^debian\n[\d.]+ \d+ 127\.16\.[\d.]+ 22$/);
    await deletesNode(pool, of("west-only"));

    await pool.untilReady(10);
    await pool.drain();
    assert.deepEqual(await devcloud.leftovers(), []);
  },
);

/** The server behind a node, as the real `openstack` command shows it. */
async function servesAsConfigured(devcloud: Devcloud, node: NodeView): Promise<void> {
  const server = await devcloud.openstack("server", "show", node.server_id!);
  assert.equal(server.name, node.hostname);
  assert.equal(server.status, "ACTIVE");
  assert.equal(server.key_name, devcloud.keys.keypair);
  assert.equal(server["OS-EXT-AZ:availability_zone"], node.az);
  assert.deepEqual(server.addresses, { nodes: [node.ip] });
  assert.match(server.flavor, /^m1\.medium/);
  assert.match(server.image, /^debian-12/);
  const { groups, nodepool, "image-family": family } = server.properties;
  assert.deepEqual({ groups: JSON.parse(groups), nodepool: JSON.parse(nodepool) }, documentedMetadata(node));
  assert.equal(family, "debian");
}

/** A server that somebody else made is shown as foreign by both providers, and nobody touches it. */
async function showsAliens(devcloud: Devcloud, pool: NodepoolProcess): Promise<void> {
  const made = ["--flavor=m1.tiny", "--image=debian-12", "--network=nodes", "--wait", "somebody-elses"];
  const { id } = await devcloud.openstack("server", "create", ...made);
  const { aliens, warnings }: AlienListView = JSON.parse(await pool.succeed("alien-list", "-o", "json"));
  assert.deepEqual(warnings, []);
  assert.deepEqual(aliens.map(({ provider, server_id }) => [provider, server_id]), [["east", id], [
    "west",
    id,
  ]]);
  assert.match(await pool.succeed("alien-list", "west"), /somebody-elses/);
  assert.equal((await devcloud.openstack("server", "show", id)).status, "ACTIVE");
  await devcloud.openstack("server", "delete", "--wait", id);
}
