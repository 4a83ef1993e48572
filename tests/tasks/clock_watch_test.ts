import assert from "node:assert/strict";
import type { ClockRecord } from "../../src/domain/clock_record.ts";
import type { CloudAhead } from "../../src/domain/server.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { SteadyClock } from "../../src/lib/steady_clock.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { ClockWatch } from "../../src/tasks/clock_watch.ts";

/** A watch with the records it saved; `clouds` can be changed. */
function watchKit(
  { setBefore = 0, before = null }: { setBefore?: number; before?: ClockRecord | null } = {},
) {
  const machine = new VirtualClock();
  const saved: ClockRecord[] = [];
  const clouds = new Map<string, CloudAhead | null>();
  let steps = 0;
  const watch = new ClockWatch({
    clock: new SteadyClock(machine),
    setBefore,
    saved: before,
    clouds: () => clouds,
    save: (record) => Promise.resolve(void saved.push(record)),
    onStep: () => steps++,
  });
  return { machine, saved, clouds, watch, steps: () => steps };
}

const ahead = (atLeast: number): CloudAhead => ({ atLeast, atMost: atLeast + 2 * SECOND });

Deno.test("a clock that drifts is followed and not told, one that is set is both", () => {
  const { machine, watch, steps } = watchKit();
  machine.stepWall(300);
  watch.look();
  assert.equal(watch.wallOffset, 0);
  machine.stepWall(300);
  watch.look();
  assert.deepEqual([watch.wallOffset, steps(), watch.report.step], [600, 0, null]);
  machine.stepWall(5 * SECOND);
  watch.look();
  assert.deepEqual([watch.wallOffset, steps(), watch.report.step], [5_600, 1, null]);
  machine.stepWall(-HOUR);
  watch.look();
  assert.deepEqual([steps(), watch.report.step], [2, { at: machine.now(), by: -HOUR, whileStopped: false }]);
});

Deno.test("times are shown after a restart as they were before, unless the clock has been set meanwhile", () => {
  for (
    const [wallOffset, shown] of [[0, 0], [28, 28], [-2, -2], [499, 499], [-500, 0], [5 * SECOND, 0]] as const
  ) {
    const { watch } = watchKit({ before: { at: 0, wallOffset, clouds: [] } });
    assert.equal(watch.wallOffset, shown);
    watch.look();
    assert.equal(watch.wallOffset, shown);
  }
});

Deno.test("a clock that was set while no process ran is told", () => {
  const { watch, machine } = watchKit({ setBefore: 2 * HOUR });
  assert.deepEqual(watch.report.step, { at: machine.now(), by: 2 * HOUR, whileStopped: true });
});

Deno.test("a cloud's clock is told where it certainly differs by a minute from the machine's, as that is set now", () => {
  const { machine, clouds, watch } = watchKit();
  clouds.set("asked", null).set("right", ahead(-SECOND)).set("perhaps", { atLeast: 0, atMost: 2 * MINUTE });
  assert.deepEqual(watch.report.clouds, []);
  clouds.set("fast", ahead(7 * MINUTE)).set("slow", ahead(-7 * MINUTE));
  assert.deepEqual(watch.report.clouds, [
    { provider: "fast", ahead: 7 * MINUTE },
    { provider: "slow", ahead: -7 * MINUTE + 2 * SECOND },
  ]);
  machine.stepWall(7 * MINUTE);
  watch.look();
  const told = watch.report.clouds.map(({ provider, ahead }) => [provider, Math.round(ahead / MINUTE)]);
  assert.deepEqual(told, [["right", -7], ["perhaps", -5], ["slow", -14]]);
});

Deno.test("what is seen is written down when it is news, and every five minutes", async () => {
  const { machine, clouds, saved, watch } = watchKit();
  const records = async () => {
    await watch.saveNews();
    return saved.splice(0);
  };
  assert.deepEqual(await records(), [{ at: machine.now(), wallOffset: 0, clouds: [] }]);
  assert.deepEqual(await records(), []);
  clouds.set("cloud-a", ahead(SECOND));
  assert.deepEqual((await records())[0]?.clouds, [{ provider: "cloud-a", ahead: SECOND }]);
  clouds.set("cloud-a", ahead(3 * SECOND));
  assert.deepEqual(await records(), []);
  clouds.set("cloud-a", null);
  machine.stepWall(MINUTE);
  watch.look();
  const [record] = await records();
  assert.deepEqual([record?.wallOffset, record?.clouds], [MINUTE, [{ provider: "cloud-a", ahead: SECOND }]]);
  await machine.advance(5 * MINUTE - 1);
  assert.equal((await records()).length, 0);
  await machine.advance(1);
  assert.equal((await records()).length, 1);
});
