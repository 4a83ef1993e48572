/** Clouds whose API has another time than the hosts that stamp changes: launches are found as soon as with one time. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../../src/domain/time.ts";
import type { FaultRuleInput } from "../../../src/simulator/settings.ts";
import { viewPool } from "../../../src/views/view_pool.ts";
import { poolConfig, VirtualPool } from "../../scenarios/virtual_pool.ts";

/** Milliseconds until 20 nodes are ready, three times one after the other, and what `status` says of clocks then. */
async function launchTimes(fault: FaultRuleInput | null): Promise<{ times: number[]; problems: string }> {
  const clouds = [{ bootTime: { mean: 20 * SECOND, jitter: 5 * SECOND } }];
  const faults = fault === null ? [] : [fault];
  await using virtual = await VirtualPool.start({
    config: poolConfig({ minReady: 0, maxServers: 60 }),
    clouds,
    faults,
  });
  const times: number[] = [];
  for (const minReady of [20, 40, 60]) {
    await virtual.clock.advance(5 * MINUTE);
    const before = virtual.clock.now();
    await virtual.during(virtual.reconfigure(poolConfig({ minReady, maxServers: 60 })));
    await virtual.until(() => virtual.count("ready") === minReady);
    times.push(virtual.clock.now() - before);
  }
  return { times, problems: viewPool(virtual.pool.report(), { name: "status" }).problems.join("\n") };
}

/** Without the fault, which is the same for each case. */
let usualTimes: ReturnType<typeof launchTimes> | null = null;

for (const [how, effect] of [["ahead of", true], ["behind", false]] as const) {
  Deno.test(`an API whose clock is 7 minutes off, ${how} the others, slows no launch, and is told`, async () => {
    const usual = await (usualTimes ??= launchTimes(null));
    const { times, problems } = await launchTimes({ fault: 35, effect });
    for (const [index, time] of times.entries()) {
      assert.ok(time <= usual.times[index]! * 1.3, `${time} ms instead of ${usual.times[index]}`);
    }
    assert.match(problems, new RegExp(`provider main: its clock is about 7m ${how} this machine's`));
    assert.equal(usual.problems, "");
  });
}
