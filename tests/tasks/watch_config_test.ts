/** The watch over the configuration's files, in virtual time. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { TaskRegistry } from "../../src/tasks/task_registry.ts";
import { watchConfig } from "../../src/tasks/watch_config.ts";
import { NOW } from "../plan/plan_fixtures.ts";

function kit() {
  const clock = new VirtualClock(NOW);
  const tasks = new TaskRegistry({ clock, onError: (task, error) => assert.fail(`${task}: ${error}`) });
  const file = { stamp: "1" };
  const reloadedAt: number[] = [];
  const reading = { hangs: false };
  const watching = watchConfig({
    clock,
    tasks,
    first: "1",
    stamp: () => file.stamp === "" ? new Promise(() => {}) : Promise.resolve(file.stamp),
    reload: () => Promise.resolve(void reloadedAt.push((clock.now() - NOW) / SECOND)),
    hangs: () => reading.hangs,
  });
  tasks.start();
  return { clock, tasks, file, reading, reloadedAt, watching };
}

Deno.test("the configuration is read once a change is over, and every minute anyway", async () => {
  const { clock, tasks, file, reloadedAt } = kit();
  await using _tasks = tasks;
  await clock.advance(3 * SECOND);
  file.stamp = "2";
  await clock.advance(MINUTE + 10 * SECOND);
  assert.deepEqual(reloadedAt, [6, 66]);
});

Deno.test("a configuration whose reading hangs is read again once its files change", async () => {
  const { clock, tasks, file, reading, reloadedAt } = kit();
  await using _tasks = tasks;
  reading.hangs = true;
  await clock.advance(5 * MINUTE);
  assert.deepEqual(reloadedAt, []);
  file.stamp = "2";
  await clock.advance(5 * SECOND);
  assert.deepEqual(reloadedAt, [304]);
});

Deno.test("files that cannot even be looked at are read after a minute, which tells what is wrong", async () => {
  const { clock, tasks, file, reloadedAt } = kit();
  await using _tasks = tasks;
  file.stamp = "";
  await clock.advance(5 * MINUTE);
  assert.deepEqual(reloadedAt, [60]);
});

Deno.test("a configuration that has changed since it was read is noticed at once", async () => {
  const { clock, tasks, file, reloadedAt } = kit();
  await using _tasks = tasks;
  file.stamp = "2";
  await clock.advance(3 * SECOND);
  assert.deepEqual(reloadedAt, [2]);
});

Deno.test("a file that is being written is read once it has stayed the same; one that never rests, after a minute", async () => {
  const { clock, tasks, file, reloadedAt } = kit();
  await using _tasks = tasks;
  for (const stamp of ["half", "more", "whole"]) {
    file.stamp = stamp;
    await clock.advance(1.5 * SECOND);
  }
  assert.deepEqual(reloadedAt, []);
  await clock.advance(2 * SECOND);
  assert.deepEqual(reloadedAt.splice(0), [6]);
  const restless = MINUTE + 20 * SECOND;
  for (let passed = 0; passed < restless; passed += SECOND) {
    file.stamp = `${passed}`;
    await clock.advance(SECOND);
  }
  assert.equal(reloadedAt.length, 1);
});

Deno.test("a file that was put back as it was is not read", async () => {
  const { clock, tasks, file, reloadedAt } = kit();
  await using _tasks = tasks;
  file.stamp = "2";
  await clock.advance(SECOND);
  file.stamp = "1";
  await clock.advance(10 * SECOND);
  assert.deepEqual(reloadedAt, []);
});

Deno.test("a file system that does not answer keeps the watch from nothing but its work", async () => {
  const { clock, tasks, file, reloadedAt, watching } = kit();
  await using _tasks = tasks;
  file.stamp = "";
  await clock.advance(10 * SECOND);
  await watching[Symbol.asyncDispose]();
  assert.equal(clock.sleeping, 0);
  assert.deepEqual(reloadedAt, []);
});
