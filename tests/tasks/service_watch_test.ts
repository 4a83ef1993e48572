/** The reports to the service manager, in virtual time. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { addServiceWatch } from "../../src/tasks/service_watch.ts";
import { TaskRegistry } from "../../src/tasks/task_registry.ts";
import { NOW } from "../plan/plan_fixtures.ts";
import { VirtualClock } from "../virtual_clock.ts";

function kit(watchdog: number | null, runTick: () => Promise<void>) {
  const clock = new VirtualClock(NOW);
  const tasks = new TaskRegistry({ clock, onError: () => {} });
  const told: Record<string, string | number>[] = [];
  let signs = 0;
  const manager = {
    watchdog,
    tell: (fields: Record<string, string | number>) => void told.push(fields),
    tellAlive: () => void signs++,
    tellReloading: () => {},
  };
  const tick = tasks.add({ name: "tick", period: null, run: runTick });
  addServiceWatch({ manager, tasks, tick, describe: () => "2 nodes" });
  tasks.start();
  return { clock, tasks, told, alive: () => signs };
}

Deno.test("a pool in which nothing happens gives a sign of life twice as often as the watchdog wants", async () => {
  const { clock, tasks, told, alive } = kit(MINUTE, () => Promise.resolve());
  await using _tasks = tasks;
  await clock.advance(10 * MINUTE);
  assert.ok(alive() >= 19 && alive() <= 21, String(alive()));
  assert.ok(told.every(({ STATUS }) => STATUS === "2 nodes"));
});

Deno.test("a tick that fails lives; what it needs is not a new process", async () => {
  const { clock, tasks, alive } = kit(MINUTE, () => Promise.reject(new Error("defect")));
  await using _tasks = tasks;
  await clock.advance(10 * MINUTE);
  assert.ok(alive() >= 19);
});

Deno.test("a tick that hangs gives no sign of life within the watchdog's time", async () => {
  const end = Promise.withResolvers<void>();
  let runs = 0;
  const { clock, tasks, alive } = kit(MINUTE, () => runs++ < 10 ? Promise.resolve() : end.promise);
  await using _tasks = tasks;
  await clock.advance(20 * MINUTE);
  const before = alive();
  assert.ok(before >= 9 && before <= 12, String(before));
  end.resolve();
  await clock.advance(MINUTE);
  assert.ok(alive() > before, "it lives again");
});

Deno.test("without a watchdog the text is told twice a minute", async () => {
  const { clock, tasks, told } = kit(null, () => Promise.resolve());
  await using _tasks = tasks;
  await clock.advance(5 * MINUTE + SECOND);
  assert.ok(told.length >= 10 && told.length <= 12);
});
