/** kill -9 of the daemon while it builds nodes, on a real OpenStack. */
import assert from "node:assert/strict";
import { smallConfiguration } from "./configuration.ts";
import { type Devcloud, scenario } from "./devcloud.ts";
import type { NodepoolProcess } from "./nodepool_process.ts";

const NODES = 5;

/** Each is reached before the next kill: requests not answered yet, servers being built, some nodes ready. */
const moments: readonly [what: string, isNow: (pool: NodepoolProcess) => Promise<boolean>][] = [
  ["servers are being asked for", async (pool) => (await pool.nodes("building")).length === NODES],
  ["servers are being built", async (pool) => (await pool.nodes()).some(({ phase }) => phase === "boot")],
  ["a node is ready", async (pool) => (await pool.nodes("ready")).length > 0],
];

scenario(
  "a daemon killed while nodes are building goes on after its start, and no node gets a second server",
  async (devcloud, pool) => {
    await pool.configure(smallConfiguration({
      keys: devcloud.keys,
      privateKey: pool.keyFile,
      labels: [{ name: "killed", minReady: NODES }],
      maxServers: NODES + 1,
    }));
    for (const [what, isNow] of moments) {
      await pool.startDaemon();
      await pool.until(what, () => isNow(pool));
      await pool.endDaemon("SIGKILL");
      await knowsEachServer(devcloud, pool);
    }
    await pool.startDaemon();
    const nodes = await pool.untilReady(NODES);
    await hasOneServerEach(devcloud, nodes.map(({ id }) => id));

    await pool.drain();
    const names = await devcloud.serversEver();
    assert.ok(names.length >= NODES, `${names.length} servers were made`);
    assert.deepEqual(names, [...new Set(names)], "no node id ever had two servers");
    assert.deepEqual(await devcloud.leftovers(), []);
  },
);

/** The state file still has the node of every server. A launch that the kill broke off may have been given up before. */
async function knowsEachServer(devcloud: Devcloud, pool: NodepoolProcess): Promise<void> {
  const { stdout } = await pool.run("list", "-o", "json");
  const known = new Set(JSON.parse(stdout).nodes.map(({ id }: { id: number }) => id));
  assert.ok(known.size > 0, "the state file has lost all nodes");
  assert.deepEqual((await markedNodes(devcloud)).filter((id) => !known.has(id)), []);
}

async function hasOneServerEach(devcloud: Devcloud, ids: readonly number[]): Promise<void> {
  assert.deepEqual((await markedNodes(devcloud)).toSorted((a, b) => a - b), ids.toSorted((a, b) => a - b));
}

/** By the metadata of the servers that there are. */
async function markedNodes(devcloud: Devcloud): Promise<number[]> {
  const servers = await devcloud.servers();
  return servers.map(({ Properties }) => JSON.parse(Properties["nodepool"]!).node_id as number);
}
