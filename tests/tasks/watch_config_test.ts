/** The watch over the configuration's file, in virtual time. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { TaskRegistry } from "../../src/tasks/task_registry.ts";
import { type FolderWatch, watchConfig } from "../../src/tasks/watch_config.ts";
import { NOW } from "../plan/plan_fixtures.ts";

function kit(watchFolder: () => FolderWatch) {
  const clock = new VirtualClock(NOW);
  const tasks = new TaskRegistry({ clock, onError: (task, error) => assert.fail(`${task}: ${error}`) });
  const file = { stamp: "1" };
  const reloadedAt: number[] = [];
  const watching = watchConfig({
    clock,
    tasks,
    path: "/etc/nodepool/nodepool.yaml",
    first: "1",
    stamp: () => Promise.resolve(file.stamp),
    reload: () => Promise.resolve(void reloadedAt.push((clock.now() - NOW) / SECOND)),
    watchFolder,
  });
  tasks.start();
  return { clock, tasks, file, reloadedAt, watching };
}

/** A watch over a folder that tells nothing, then fails. */
function failing(): FolderWatch {
  return {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("inotify: no space left")) }),
    close() {
      throw new Deno.errors.BadResource("Bad resource ID");
    },
  };
}

for (
  const [when, watchFolder] of [
    ["cannot begin", (): FolderWatch => {
      throw new Error("too many open files");
    }],
    ["fails later", failing],
  ] as const
) {
  Deno.test(`a watch over the configuration's folder that ${when} ends nothing: the file is looked at`, async () => {
    const { clock, tasks, file, reloadedAt, watching } = kit(watchFolder);
    await using _tasks = tasks;
    await using _watching = watching;
    await clock.advance(SECOND);
    file.stamp = "2";
    await clock.advance(15 * SECOND);
    assert.deepEqual(reloadedAt, [12]);
  });
}

Deno.test("the configuration is looked at at once when the system tells of a change, and read every minute anyway", async () => {
  const stream = new TransformStream<{ paths: string[] }>();
  const writer = stream.writable.getWriter();
  const close = () => void writer.close().catch(() => {});
  const { clock, tasks, file, reloadedAt, watching } = kit(() => Object.assign(stream.readable, { close }));
  await using _tasks = tasks;
  await using _watching = watching;
  await clock.advance(3 * SECOND);
  file.stamp = "2";
  await writer.write({ paths: ["/etc/nodepool/other"] });
  await writer.write({ paths: ["/etc/nodepool/nodepool.yaml"] });
  await clock.advance(MINUTE + 10 * SECOND);
  assert.deepEqual(reloadedAt, [5, 65]);
});

Deno.test("a configuration that has changed since it was read is looked at at once", async () => {
  const { clock, tasks, file, reloadedAt, watching } = kit(failing);
  await using _tasks = tasks;
  await using _watching = watching;
  file.stamp = "2";
  await clock.advance(3 * SECOND);
  assert.deepEqual(reloadedAt, [2]);
});

Deno.test("a file that is being written is read once it has stayed the same; one that never rests, after a minute", async () => {
  const { clock, tasks, file, reloadedAt, watching } = kit(failing);
  await using _tasks = tasks;
  await using _watching = watching;
  for (const stamp of ["half", "more", "whole"]) {
    file.stamp = stamp;
    await clock.advance(1.5 * SECOND);
  }
  assert.deepEqual(reloadedAt, []);
  await clock.advance(3 * SECOND);
  assert.deepEqual(reloadedAt.splice(0), [6]);
  const restless = MINUTE + 20 * SECOND;
  for (let passed = 0; passed < restless; passed += SECOND) {
    file.stamp = `${passed}`;
    await clock.advance(SECOND);
  }
  assert.equal(reloadedAt.length, 1);
});

Deno.test("a watch that waits for a file to rest ends with the pool", async () => {
  const { clock, tasks, file, reloadedAt, watching } = kit(failing);
  await using _tasks = tasks;
  file.stamp = "2";
  await clock.advance(SECOND);
  await watching[Symbol.asyncDispose]();
  assert.equal(clock.sleeping, 0);
  assert.deepEqual(reloadedAt, []);
});
