/** A label whose servers are too large for what is left holds up no label of smaller ones. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { VirtualPool } from "./virtual_pool.ts";

const image = (name: string, ram: number) => `
      - name: ${name}
        base-image: debian-12
        min-ram: ${ram}
        username: debian
        private-key: /key
        connection-port: 2222`;
const CONFIG = `
labels:
  - {name: small, image: small, min-ready: 2, providers: [{name: main}]}
  - {name: big, image: big, min-ready: 1, providers: [{name: main}]}
providers:
  - name: main
    cloud: simulator
    max-servers: 10
    rate: 0
    images:${image("small", 512)}${image("big", 16384)}
`;

Deno.test("a label over quota, where the cloud does not tell its limits, holds up no label of smaller servers", async () => {
  await using virtual = await VirtualPool.start({
    config: CONFIG,
    clouds: [{ name: "simulator", personality: "narrow", quotas: { ram: 8192 }, bootTime: SECOND }],
  });
  await virtual.until(() => virtual.count("ready", "small") === 2, MINUTE);
  const waits: number[] = [];
  for (let round = 0; round < 10; round++) {
    await virtual.clock.advance(MINUTE);
    const nodes = await virtual.acquire("small", 2);
    const since = virtual.clock.now();
    await virtual.until(() => virtual.count("ready", "small") === 2, 5 * MINUTE);
    waits.push(Math.round((virtual.clock.now() - since) / SECOND));
    await virtual.ask("release", { ids: nodes.map(({ id }) => id), result: "SUCCESS", job: null });
  }
  assert.ok(Math.max(...waits) <= 10, `seconds: ${waits.join(", ")}`);
  const refused = virtual.simulator.journal.rows().filter(({ operation, status }) =>
    operation === "server.create" && status === 403
  );
  assert.ok(refused.length > 0 && refused.length < 60, `${refused.length} requests for big servers`);
});
