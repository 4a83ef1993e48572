import assert from "node:assert/strict";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { cronPattern } from "../../src/domain/cron_expression.ts";
import { cronTimes } from "../../src/lib/cron_times.ts";
import { cronSchedule, type CronTimes } from "../../src/tasks/cron_schedule.ts";
import { periodic, Task, type TaskBasics, type TaskResult } from "../../src/tasks/task.ts";

const START = Date.UTC(2030, 0, 1);

const cronTask = ({ cron, timezone, ...basics }: TaskBasics & CronTimes) =>
  new Task(basics, cronSchedule({ cron, timezone }, basics.clock));

/** A task that notes when (in seconds) each run begins; `run` may do more. */
function recordedTask(
  { period = 10 * SECOND, ...options }: Partial<TaskBasics> & { period?: number | null } = {},
) {
  const clock = new VirtualClock(START);
  const startedAt: number[] = [];
  const errors: unknown[] = [];
  const task = new Task({
    name: "sweep",
    clock,
    onError: (error) => errors.push(error),
    ...options,
    run(signal) {
      startedAt.push((clock.now() - START) / SECOND);
      return options.run?.(signal) ?? Promise.resolve();
    },
  }, periodic(period));
  return { clock, task, startedAt, errors };
}

/** A run that lasts until it is told to end. */
function gate() {
  const waiting: (() => void)[] = [];
  return {
    run: () => new Promise<void>((resolve) => waiting.push(resolve)),
    open: () => waiting.shift()!(),
  };
}

Deno.test("a task runs at its start and then each period after the end of a run", async () => {
  const { clock, startedAt, ...recorded } = recordedTask({ run: () => clock.sleep(3 * SECOND) });
  await using task = recorded.task;
  await clock.advance(MINUTE);
  assert.deepEqual(startedAt, [], "not before it is started");
  task.start();
  task.start();
  await clock.advance(30 * SECOND);
  assert.deepEqual(startedAt, [60, 73, 86]);
});

Deno.test("a task without a period runs at its start and then only when it is woken", async () => {
  const { clock, startedAt, ...recorded } = recordedTask({ period: null });
  await using task = recorded.task;
  task.start();
  await clock.advance(HOUR);
  task.wake();
  await clock.advance(HOUR);
  assert.deepEqual(startedAt, [0, 3600]);
});

Deno.test("wake() runs the task at once and begins its period anew", async () => {
  const { clock, startedAt, ...recorded } = recordedTask();
  await using task = recorded.task;
  task.start();
  await clock.advance(4 * SECOND);
  task.wake();
  await clock.advance(20 * SECOND);
  assert.deepEqual(startedAt, [0, 4, 14, 24]);
});

Deno.test("wake() during a run makes exactly one more run after it, however often it is called", async () => {
  const { run, open } = gate();
  const { clock, startedAt, ...recorded } = recordedTask({ run, period: null });
  await using task = recorded.task;
  task.start();
  await clock.advance(5 * SECOND);
  for (let times = 0; times < 3; times++) task.wake();
  await clock.advance(5 * SECOND);
  assert.deepEqual(startedAt, [0], "never two runs at once");
  open();
  await clock.advance(5 * SECOND);
  assert.deepEqual(startedAt, [0, 10]);
  open();
  await clock.advance(HOUR);
  assert.deepEqual(startedAt, [0, 10]);
});

Deno.test("a run may ask for the next one earlier than the period, not later", async () => {
  const wishes: TaskResult[] = [{ again: START + 2 * SECOND }, { again: START + HOUR }, { again: null }, {}];
  const { clock, startedAt, ...recorded } = recordedTask({ run: () => Promise.resolve(wishes.shift()) });
  await using task = recorded.task;
  task.start();
  await clock.advance(35 * SECOND);
  assert.deepEqual(startedAt, [0, 2, 12, 22, 32]);
});

Deno.test("a run of a task without a period may ask for the next one", async () => {
  const wishes: TaskResult[] = [{ again: START + HOUR }, {}];
  const { clock, startedAt, ...recorded } = recordedTask({
    period: null,
    run: () => Promise.resolve(wishes.shift()),
  });
  await using task = recorded.task;
  task.start();
  await clock.advance(5 * HOUR);
  assert.deepEqual(startedAt, [0, 3600]);
});

Deno.test("a failed run is reported and the next one comes a period later", async () => {
  let broken = true;
  const { clock, task: created, startedAt, errors } = recordedTask({
    run: () => broken ? Promise.reject(new Error("the cloud is down")) : Promise.resolve(),
  });
  await using task = created;
  task.start();
  await clock.advance(SECOND);
  assert.deepEqual(task.report().lastError, { at: START, message: "the cloud is down" });
  broken = false;
  await clock.advance(10 * SECOND);
  assert.deepEqual([startedAt, errors.length, task.report().lastError], [[0, 10], 1, null]);
});

Deno.test("who is told of a failed run and throws ends neither the task nor the process", async () => {
  const recorded = recordedTask({
    run: () => Promise.reject(new Error("no luck")),
    onError: () => {
      throw new Error("this listener is broken");
    },
  });
  const { clock, startedAt } = recorded;
  await using task = recorded.task;
  task.start();
  await clock.advance(15 * SECOND);
  assert.deepEqual(startedAt, [0, 10]);
  assert.equal(task.report().lastError?.message, "no luck");
});

Deno.test("a failed run of a task without a period is tried again soon, in no tight loop", async () => {
  const { clock, task: created, startedAt, errors } = recordedTask({
    period: null,
    run: () => {
      throw new Error("thrown before any await");
    },
  });
  await using task = created;
  task.start();
  await clock.advance(25 * SECOND);
  assert.deepEqual([startedAt, errors.length], [[0, 10, 20], 1]);
});

Deno.test("a failure that lasts is told once, and again when it is another; then its end is", async () => {
  const outcomes = ["no room", "no room", "no rights", null, null, "no room", null];
  const told: string[] = [];
  const { clock, task: created } = recordedTask({
    run: () => {
      const outcome = outcomes.shift() ?? null;
      return outcome === null ? Promise.resolve() : Promise.reject(new Error(outcome));
    },
    onError: (error) => told.push(`${error}`),
    onMended: (error) => told.push(`over: ${error}`),
  });
  await using task = created;
  task.start();
  await clock.advance(100 * SECOND);
  assert.deepEqual(told, [
    "Error: no room",
    "Error: no rights",
    "over: Error: no rights",
    "Error: no room",
    "over: Error: no room",
  ]);
});

Deno.test("report() tells the runs, when the last one began, how long it took and how it went", async () => {
  const { clock, task: created } = recordedTask({ run: () => clock.sleep(250) });
  await using task = created;
  assert.deepEqual(task.report(), {
    name: "sweep",
    runs: 0,
    lastStartedAt: null,
    runningSince: null,
    lastSuccessAt: null,
    lastDuration: null,
    lastError: null,
  });
  task.start();
  await clock.advance(100);
  assert.equal(task.report().runningSince, START);
  await clock.advance(11 * SECOND - 100);
  assert.deepEqual(task.report(), {
    name: "sweep",
    runs: 2,
    lastStartedAt: START + 10_250,
    runningSince: null,
    lastSuccessAt: START + 10_500,
    lastDuration: 250,
    lastError: null,
  });
});

Deno.test("a run's duration is its own, without the time that the next one leaves to others", async () => {
  const { clock, startedAt, ...recorded } = recordedTask({
    period: null,
    run: () => clock.sleep(2 * SECOND),
    rest: () => 6 * SECOND,
  });
  await using task = recorded.task;
  task.start();
  await clock.advance(3 * SECOND);
  task.wake();
  task.wake();
  await clock.advance(MINUTE);
  assert.deepEqual(startedAt, [0, 8], "woken once or often, it rests first");
  assert.equal(task.report().lastDuration, 2 * SECOND);
});

Deno.test("a failed run is followed by its rest, too", async () => {
  const { clock, startedAt, ...recorded } = recordedTask({
    period: SECOND,
    run: () => Promise.reject(new Error("the cloud is gone")),
    rest: () => MINUTE,
  });
  await using task = recorded.task;
  task.start();
  await clock.advance(2 * MINUTE);
  assert.deepEqual(startedAt, [0, 60, 120]);
});

Deno.test("a run that is broken off at the end is no failed one: what the report said stays", async () => {
  let run = () => Promise.reject<void>(new Error("the cloud is gone"));
  const { clock, task, errors } = recordedTask({
    run: (signal) => run === hanging ? clock.sleep(HOUR, { signal }) : run(),
  });
  const hanging = () => Promise.resolve();
  task.start();
  await clock.advance(SECOND);
  const { lastError, lastDuration } = task.report();
  run = hanging;
  await clock.advance(10 * SECOND);
  await task[Symbol.asyncDispose]();
  assert.deepEqual([task.report().lastError, task.report().lastDuration], [lastError, lastDuration]);
  assert.equal(errors.length, 1);
});

Deno.test("disposing a task aborts its run, waits for its end and lets no other begin", async () => {
  const events: string[] = [];
  const { clock, task, errors } = recordedTask({
    async run(signal) {
      await clock.sleep(HOUR, { signal }).catch(() => events.push("aborted"));
      await Promise.resolve();
      events.push("cleaned up");
      signal.throwIfAborted();
    },
  });
  task.start();
  await clock.advance(SECOND);
  task.wake();
  await task[Symbol.asyncDispose]();
  events.push("disposed");
  await clock.advance(HOUR);
  assert.deepEqual(events, ["aborted", "cleaned up", "disposed"]);
  assert.deepEqual([task.report().runs, errors], [1, []]);
});

Deno.test("a task that was never started can be disposed and woken", async () => {
  const { clock, task, startedAt } = recordedTask();
  task.wake();
  await task[Symbol.asyncDispose]();
  await clock.advance(HOUR);
  assert.deepEqual(startedAt, []);
});

Deno.test("a cron task runs at the times of its expression, and when it is woken", async () => {
  const clock = new VirtualClock(START + 5 * MINUTE);
  const startedAt: string[] = [];
  await using task = cronTask({
    name: "cleanup",
    cron: "*/15 * * * *",
    timezone: "UTC",
    clock,
    onError: (error) => startedAt.push(`failed: ${error}`),
    run() {
      startedAt.push(new Date(clock.now()).toISOString().slice(11, 19));
      return startedAt.length === 2 ? Promise.reject("no answer") : Promise.resolve();
    },
  });
  task.start();
  await clock.advance(30 * MINUTE);
  task.wake();
  await clock.advance(15 * MINUTE);
  assert.deepEqual(startedAt, ["00:15:00", "00:30:00", "failed: no answer", "00:35:00", "00:45:00"]);
});

Deno.test("a cron task leaves out the times that pass while it runs", async () => {
  const clock = new VirtualClock(START);
  const startedAt: number[] = [];
  await using task = cronTask({
    name: "check",
    cron: "* * * * *",
    clock,
    onError: () => {},
    run(signal) {
      startedAt.push((clock.now() - START) / MINUTE);
      return clock.sleep(2.5 * MINUTE, { signal });
    },
  });
  task.start();
  await clock.advance(10 * MINUTE);
  assert.deepEqual(startedAt, [1, 4, 7, 10]);
});

/** A cron task with the times by the machine's clock at which it ran. */
function cronOn(clock: VirtualClock, cron: string) {
  const ranAt: string[] = [];
  const task = cronTask({
    name: "cleanup",
    cron,
    timezone: "UTC",
    clock,
    onError: () => {},
    run: () => Promise.resolve(void ranAt.push(new Date(clock.wall()).toISOString().slice(5, 19))),
  });
  task.start();
  return { task, ranAt };
}

Deno.test("a cron task: a clock that is set back neither stops it nor makes it run again and again", async () => {
  const clock = new VirtualClock(START);
  const { task: made, ranAt } = cronOn(clock, "*/15 * * * *");
  await using task = made;
  await clock.advance(20 * MINUTE);
  clock.stepWall(-10 * HOUR);
  task.clockSet();
  await clock.advance(30 * MINUTE);
  assert.deepEqual(ranAt, ["01-01T00:15:00", "12-31T14:30:00", "12-31T14:45:00"]);
});

Deno.test("a cron task: a clock that is put right by a moment does not make it run twice at one of its times", async () => {
  const clock = new VirtualClock(START);
  const { task: made, ranAt } = cronOn(clock, "*/15 * * * *");
  await using task = made;
  await clock.advance(14 * MINUTE);
  clock.stepWall(-1_500);
  await clock.advance(20 * MINUTE);
  clock.stepWall(1_500);
  await clock.advance(30 * MINUTE);
  assert.deepEqual(ranAt, ["01-01T00:14:58", "01-01T00:30:00", "01-01T00:45:01", "01-01T01:00:00"]);
  assert.equal(task.report().runs, 4);
});

Deno.test("a cron task: a clock that is set forward over its times has it run once for all of them", async () => {
  const clock = new VirtualClock(START);
  const { task: made, ranAt } = cronOn(clock, "*/15 * * * *");
  await using task = made;
  await clock.advance(20 * MINUTE);
  clock.stepWall(10 * HOUR + 2 * MINUTE);
  task.clockSet();
  await clock.advance(30 * MINUTE);
  assert.deepEqual(ranAt, [
    "01-01T00:15:00",
    "01-01T10:22:00",
    "01-01T10:30:00",
    "01-01T10:45:00",
  ]);
});

Deno.test("a cron task: what is to come is not run early because the clock was set forward to before it", async () => {
  const clock = new VirtualClock(START);
  const { task: made, ranAt } = cronOn(clock, "0 6 * * *");
  await using task = made;
  clock.stepWall(5 * HOUR);
  task.clockSet();
  await clock.advance(59 * MINUTE);
  assert.deepEqual(ranAt, []);
  await clock.advance(2 * MINUTE);
  assert.deepEqual(ranAt, ["01-01T06:00:00"]);
});

Deno.test("cronTimes() follows a time zone over the change to summer time", () => {
  const next = cronTimes(cronPattern("14 2 * * *"), { timezone: "America/New_York" });
  assert.equal(next(Date.UTC(2030, 2, 8, 12)), Date.UTC(2030, 2, 9, 7, 14));
  assert.equal(next(Date.UTC(2030, 2, 10, 12)), Date.UTC(2030, 2, 11, 6, 14));
});

Deno.test("cronTimes() refuses what is no cron expression", () => {
  assert.throws(() => cronTimes(cronPattern("every day")), TypeError);
});
