/** Launches that fail on a real OpenStack: while the server is built, and for want of a host. */
import assert from "node:assert/strict";
import type { NodeDetails } from "../../src/views/node_details.ts";
import type { ProviderListView } from "../../src/views/provider_list.ts";
import { smallConfiguration } from "./configuration.ts";
import { scenario } from "./devcloud.ts";
import type { NodepoolProcess } from "./nodepool_process.ts";

/** What Nova says of the servers. */
const faults = { broken: /m1\.broken|[Bb]uild.*abort/, impossible: /No valid host/ };

scenario(
  "launches that fail leave evidence, pause their label and are cleaned up; other labels go on",
  async (devcloud, pool) => {
    await pool.configure(smallConfiguration({
      keys: devcloud.keys,
      privateKey: pool.keyFile,
      labels: [
        { name: "good", minReady: 2 },
        { name: "broken", minReady: 1, flavor: "m1.broken" },
        { name: "impossible", minReady: 1, flavor: "m1.impossible" },
      ],
      maxServers: 6,
      provider: "launch-retries: 1",
    }));
    await pool.startDaemon();
    await pool.untilReady(2);
    for (const [label, fault] of Object.entries(faults)) {
      await pool.until(`${label} pauses`, () => isPaused(pool, label));
      await leftEvidence(pool, { label, fault });
    }
    const ready = await pool.nodes("ready");
    assert.deepEqual(ready.map(({ label }) => label), ["good", "good"]);
    await pool.until("what failed is deleted", async () => (await devcloud.servers()).length === 2);

    await pool.drain();
    assert.deepEqual(await devcloud.leftovers(), []);
  },
);

/** Two launches in a row failed, and no third one follows at once. */
async function isPaused(pool: NodepoolProcess, label: string): Promise<boolean> {
  const { providers } = await pool.fetch<ProviderListView>("/provider-list");
  const pause = providers[0]?.pauses.find((one) => one.label === label);
  return pause !== undefined && pause.failures >= 2 && pause.until !== null;
}

async function leftEvidence(
  pool: NodepoolProcess,
  { label, fault }: { label: string; fault: RegExp },
): Promise<void> {
  // One more may be launched by now: the pause before it is short.
  const failed = (await rememberedNodes(pool)).filter((node) => node.label === label && node.result !== null);
  assert.ok(failed.length >= 2, `${failed.length} failed launches of ${label}`);
  for (const { evidence, result, server_id } of failed) {
    assert.equal(result, "failed");
    assert.equal(evidence?.kind, "status");
    assert.match(evidence.fault ?? "", fault);
    assert.match(evidence.error, new RegExp(`${server_id}|ERROR`));
  }
  const why = await pool.succeed("label-list", "-o", "csv");
  assert.match(why, new RegExp(`^${label},.*failed launches`, "m"));
}

/** Nodes of all ids up to the newest, gone ones too. */
async function rememberedNodes(pool: NodepoolProcess): Promise<readonly NodeDetails[]> {
  const nodes: NodeDetails[] = [];
  for (let id = 1;; id++) {
    const { node } = await pool.fetch<{ node?: NodeDetails }>(`/nodes/${id}`);
    if (node === undefined) return nodes;
    nodes.push(node);
  }
}
