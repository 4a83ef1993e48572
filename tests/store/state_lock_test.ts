import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../src/lib/clock.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { lockState, readLockHolder } from "../../src/store/state_lock.ts";
import { temporaryState } from "./temporary_state.ts";

const options = { holder: "nodepool list", clock: new VirtualClock() };

/** Another process that holds the lock by the time this resolves. */
async function otherHolder(path: string) {
  const script = fileURLToPath(new URL("./lock_holder.ts", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--allow-write", script, path],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = child.stdout.getReader();
  const { value } = await output.read();
  assert.equal(new TextDecoder().decode(value), "locked\n");
  return {
    pid: child.pid,
    async end(signal: Deno.Signal): Promise<void> {
      child.kill(signal);
      await child.status;
      await output.cancel();
      await child.stdin.close().catch(() => {});
    },
  };
}

Deno.test("lockState() is refused while another process has the lock, whose pid it names, and not after kill -9", async () => {
  await using state = await temporaryState();
  const other = await otherHolder(state.path);
  try {
    await assert.rejects(lockState(state.path, options), {
      name: "StoreError",
      kind: "locked",
      message: `the state ${state.path} is in use by nodepool daemon (pid ${other.pid})`,
    });
  } finally {
    await other.end("SIGKILL");
  }
  using _lock = await lockState(state.path, options);
  assert.deepEqual(await readLockHolder(state.path), { pid: Deno.pid, holder: "nodepool list" });
});

Deno.test("lockState() keeps others in the same process out until it is disposed", async () => {
  await using state = await temporaryState();
  {
    using _lock = await lockState(state.path, options);
    await assert.rejects(lockState(state.path, options), { kind: "locked" });
  }
  using _lock = await lockState(state.path, options);
});

/** A clock on which waiting takes no time; `onSleep` is told how often it was waited. */
function jumpingClock(onSleep: (times: number) => void = () => {}): Clock {
  let [time, sleeps] = [0, 0];
  return {
    now: () => time,
    wall: () => time,
    monotonic: () => time,
    sleep(milliseconds) {
      time += milliseconds;
      onSleep(++sleeps);
      return Promise.resolve();
    },
  };
}

Deno.test("lockState() waits for a holder that ends in time", async () => {
  await using state = await temporaryState();
  const first = await lockState(state.path, options);
  const clock = jumpingClock((times) => times === 3 && first[Symbol.dispose]());
  using _second = await lockState(state.path, { ...options, clock, wait: 1_000 });
  assert.ok(clock.monotonic() < 1_000);
});

Deno.test("lockState() waits no longer than it was told", async () => {
  await using state = await temporaryState();
  using _lock = await lockState(state.path, options);
  const clock = jumpingClock();
  await assert.rejects(lockState(state.path, { ...options, clock, wait: 510 }), { kind: "locked" });
  assert.equal(clock.monotonic(), 510);
});

Deno.test("lockState() makes missing directories and a file for its owner only", async () => {
  await using state = await temporaryState();
  const path = join(state.directory, "lib", "state.kv");
  using _lock = await lockState(path, options);
  assert.equal((await Deno.stat(`${path}.lock`)).mode! & 0o777, 0o600);
});

Deno.test("lockState() says when the lock file cannot be made", async () => {
  await using state = await temporaryState();
  await Deno.mkdir(`${state.path}.lock`);
  await assert.rejects(lockState(state.path, options), {
    kind: "unusable",
    message: /^cannot use the state .*: its lock file cannot be opened: /,
  });
});

Deno.test("readLockHolder() knows nobody where there is no lock file or nothing in it", async () => {
  await using state = await temporaryState();
  assert.equal(await readLockHolder(state.path), null);
  await Deno.writeTextFile(`${state.path}.lock`, "");
  assert.equal(await readLockHolder(state.path), null);
});
