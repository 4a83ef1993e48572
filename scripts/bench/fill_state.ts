/** A state with thousands of nodes: held ones, which a daemon leaves alone. */
import { foreignServer } from "../../tests/scenarios/foreign_server.ts";
import { nodeRecord } from "../../tests/store/records.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";
import type { Store } from "../../src/store/store.ts";

/** Writes that number of nodes, whose servers stand on the simulator's only cloud. */
export async function fillState(store: Store, simulator: Simulator, count: number): Promise<void> {
  const random = seededRandom(count);
  const first = await store.takeIds("node", count);
  const now = systemClock.now();
  const nodes = Array.from({ length: count }, (_, index) => {
    const [id, address] = [first + index, `127.16.${index >> 8}.${index & 255}`];
    const hostname = `small-main-${id}`;
    return nodeRecord({
      id,
      revision: 0,
      provider: "main",
      label: "small",
      image: "debian",
      hostname,
      nodename: hostname,
      imageId: random.uuid(),
      zone: "az1",
      state: { phase: "hold", serverId: foreignServer(simulator, { name: hostname }).id, lostAt: null },
      hold: { reason: "kept for a look", owner: "somebody", until: null },
      comment: "kept for a look",
      addresses: { login: address, publicV4: address, publicV6: null, privateV4: address },
      hostKeys: [`ssh-ed25519 ${"A".repeat(68)}`],
      stateSince: now,
      phaseSince: now,
      timings: { create: now, boot: now, address: now, login: now, ready: now },
    });
  });
  await store.commit({ nodes: nodes.map((next) => ({ previous: null, next })) });
}
