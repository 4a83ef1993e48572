/** Keystone while a pool runs: tokens that expire, and a Keystone that is away for a while. */
import assert from "node:assert/strict";
import type { AlienListView } from "../../src/views/alien_lists.ts";
import type { ProviderListView, ProviderView } from "../../src/views/provider_list.ts";
import { smallConfiguration } from "./configuration.ts";
import { type Devcloud, restartKeystone, scenario, tokensLive } from "./devcloud.ts";
import { usesNode } from "./life_of_2016.ts";
import type { NodepoolProcess } from "./nodepool_process.ts";

const TOKEN_LIFE = 20;

scenario("tokens that expire are renewed, and nodes come and go meanwhile", async (devcloud, pool) => {
  await using _short = await tokensLive(TOKEN_LIFE);
  await startPool(devcloud, pool);
  await untilTokensOfNowExpire(devcloud, pool);
  await usesNode(pool, { label: "small", command: "true" });
  await pool.untilReady(2);
  assert.equal((await provider(pool)).reachable, true);
  await pool.drain();
  assert.deepEqual(await devcloud.leftovers(), []);
});

scenario(
  "while Keystone is away the nodes stay and users are told; then the pool goes on",
  async (devcloud, pool) => {
    await using _short = await tokensLive(TOKEN_LIFE);
    const before = await startPool(devcloud, pool);
    const restarted = restartKeystone({ down: TOKEN_LIFE + 10 });
    try {
      // Nova never finishes a server that it is building when Keystone goes.
      await pool.until("Keystone is away", async () => !await devcloud.hasKeystone());
      await goesOnWithout(pool, before.map(({ id }) => id));
    } finally {
      await restarted;
    }
    await pool.until("the cloud answers again", async () => (await provider(pool)).reachable === true);
    await pool.untilReady(2);
    await usesNode(pool, { label: "small", command: "true" });
    await pool.untilReady(2);
    await pool.drain();
    assert.deepEqual(await devcloud.leftovers(), []);
  },
);

async function startPool(devcloud: Devcloud, pool: NodepoolProcess) {
  await pool.configure(smallConfiguration({
    keys: devcloud.keys,
    privateKey: pool.keyFile,
    labels: [{ name: "small", minReady: 2 }],
    maxServers: 4,
  }));
  await pool.startDaemon();
  return await pool.untilReady(2);
}

/** A node is taken while Keystone is away: the ones that are there serve, and whoever asks is told what is wrong. */
async function goesOnWithout(pool: NodepoolProcess, before: readonly number[]): Promise<void> {
  const [taken] = JSON.parse(await pool.succeed("acquire", "small", "-o", "json")).nodes;
  let warnings: readonly string[] = [];
  await pool.until("the cloud cannot be asked", async () => {
    ({ warnings } = JSON.parse(await pool.succeed("alien-list", "-o", "json")) as AlienListView);
    return warnings.length > 0;
  });
  assert.match(warnings[0]!, /^cannot query cloud: .*:5000/);
  const kept = (await pool.nodes()).filter(({ id }) => before.includes(id));
  assert.deepEqual(kept.map(({ state }) => state).sort(), ["ready", "used"]);
  await pool.succeed("release", String(taken.id));
}

async function provider(pool: NodepoolProcess): Promise<ProviderView> {
  const { providers: [only] } = await pool.fetch<ProviderListView>("/provider-list");
  return only!;
}

/** The daemon's token is older than one that is made now. */
async function untilTokensOfNowExpire(devcloud: Devcloud, pool: NodepoolProcess): Promise<void> {
  const { id } = await devcloud.openstack("token", "issue");
  await pool.until("a token expires", async () => !await devcloud.acceptsToken(id));
}
