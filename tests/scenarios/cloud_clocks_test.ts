/** A start that waits for what time a cloud has. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import type { WholeCloud } from "../../src/cloud/cloud.ts";
import { orAborted } from "../../src/lib/or_aborted.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

Deno.test("a start that waits for a cloud's time is given up at once where the process is told to stop", async () => {
  let isAway = false;
  const changeCloud = (cloud: WholeCloud): WholeCloud => {
    const { listServers } = cloud;
    cloud.listServers = (options) =>
      isAway ? orAborted(new Promise(() => {}), options.signal) : listServers(options);
    return cloud;
  };
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }), changeCloud });
  await virtual.until(() => virtual.count("ready") === 1);
  await virtual.stopPool();
  await virtual.clock.advance(10 * MINUTE);
  isAway = true;
  const stopping = new AbortController();
  const starting = assert.rejects(virtual.beginPool({ starting: stopping.signal }), { name: "AbortError" });
  await virtual.clock.advance(SECOND);
  stopping.abort();
  await starting;
});
