/** All tasks of a process, in virtual time. */
import assert from "node:assert/strict";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { TaskRegistry } from "../../src/tasks/task_registry.ts";
import { NOW } from "../plan/plan_fixtures.ts";

function kit() {
  const clock = new VirtualClock(NOW);
  const errors: string[] = [];
  const tasks = new TaskRegistry({ clock, onError: (task, error) => errors.push(`${task}: ${error}`) });
  const runs: string[] = [];
  /** A task that notes each run. */
  const add = (name: string, period: number | null = null) =>
    tasks.add({ name, period, run: () => Promise.resolve(void runs.push(name)) });
  return { clock, tasks, errors, runs, add, names: () => tasks.reports().map(({ name }) => name) };
}

Deno.test("tasks run from the registry's start on, later ones from their own", async () => {
  const { clock, tasks, runs, add } = kit();
  await using _tasks = tasks;
  add("early", MINUTE);
  await clock.advance(HOUR);
  assert.deepEqual(runs, []);
  tasks.start();
  add("late");
  await clock.advance(SECOND);
  assert.deepEqual(runs, ["early", "late"]);
});

Deno.test("a task is woken by its name, and a name that nobody has wakes none", async () => {
  const { clock, tasks, runs, add } = kit();
  await using _tasks = tasks;
  add("tick");
  add("clock");
  tasks.start();
  await clock.advance(SECOND);
  tasks.wake("tick");
  tasks.wake("nobody");
  await clock.advance(SECOND);
  assert.deepEqual(runs, ["tick", "clock", "tick"]);
});

Deno.test("a task stays in the status until its last run has ended, then its name is free", async () => {
  const { clock, tasks, add, names } = kit();
  await using _tasks = tasks;
  tasks.start();
  const end = Promise.withResolvers<void>();
  const task = tasks.add({ name: "provider a", period: null, run: () => end.promise });
  await clock.advance(SECOND);
  const ending = task[Symbol.asyncDispose]();
  assert.deepEqual(names(), ["provider a"]);
  assert.throws(() => add("provider a"), /task provider a already/);
  end.resolve();
  await ending;
  assert.deepEqual(names(), []);
  add("provider a");
  assert.deepEqual(names(), ["provider a"]);
});

Deno.test("no task outlives the registry, whether it ran, waited or had never begun", async () => {
  const { clock, tasks, runs, add } = kit();
  add("tick", SECOND);
  tasks.addCron({ name: "check", cron: "* * * * *", run: () => Promise.resolve(void runs.push("check")) });
  tasks.start();
  await clock.advance(2 * MINUTE);
  await tasks[Symbol.asyncDispose]();
  const before = runs.length;
  assert.deepEqual([clock.sleeping, tasks.reports()], [0, []]);
  assert.throws(() => add("late"), /all tasks have ended/);
  await clock.advance(HOUR);
  assert.equal(runs.length, before);
});

Deno.test("a run that fails is told with its task's name", async () => {
  const { clock, tasks, errors } = kit();
  await using _tasks = tasks;
  tasks.add({ name: "sweep", period: null, run: () => Promise.reject(new Error("no broom")) });
  tasks.start();
  await clock.advance(SECOND);
  assert.deepEqual(errors, ["sweep: Error: no broom"]);
});
