import assert from "node:assert/strict";
import { CloudError } from "../../src/domain/cloud_error.ts";
import { SECOND } from "../../src/domain/time.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { VirtualClock } from "../virtual_clock.ts";
import type { JournalRow } from "../../src/simulator/journal.ts";
import { createSimulator } from "../../src/simulator/simulator.ts";
import { SimulatedClient } from "./simulated_client.ts";

/** A run with chance in everything: boot times, latency, faults, and several callers at once. */
async function journalOf(seed: number): Promise<JournalRow[]> {
  const clock = new VirtualClock();
  using simulator = createSimulator({
    clock,
    random: seededRandom(seed),
    clouds: [{ name: "alpha", bootTime: { mean: 5 * SECOND, min: SECOND, max: 20 * SECOND }, latency: 0 }],
    faults: [{ fault: 1, probability: 0.2 }, { fault: 3, probability: 0.1 }, { fault: 5, probability: 0.3 }],
  });
  const login = SimulatedClient.login(simulator);
  await clock.advance(20 * SECOND);
  const client = await login;
  const lives = Array.from({ length: 30 }, async (_, index) => {
    await clock.sleep(index * 700);
    await client.boot(`node-${index}`).catch((error) => assert.ok(error instanceof CloudError));
    await clock.sleep(3 * SECOND);
    const { json } = await client.get("/compute/v2.1/servers/detail");
    for (const { id, status } of json.servers) {
      if (status === "ACTIVE") await client.call("DELETE", `/compute/v2.1/servers/${id}`);
    }
  });
  await clock.advance(600 * SECOND);
  await Promise.all(lives);
  return simulator.journal.rows();
}

Deno.test("the same seed gives the same journal, another seed another one", async () => {
  const first = await journalOf(7);
  assert.ok(first.length > 100, `${first.length} requests`);
  assert.deepEqual(await journalOf(7), first);
  assert.notDeepEqual(await journalOf(8), first);
});
