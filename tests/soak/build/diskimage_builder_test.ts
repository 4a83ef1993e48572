/**
 * Builds by scripts in the place of `disk-image-create`: of those that write a lot neither memory nor the event loop
 * suffers, and those that are ended leave nothing running that is hard to end.
 */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { BUILD, buildKit, failureOfBuild, unaborted } from "../../build/build_kit.ts";
import { isRunning, pidsIn, TREE, TREE_SIZE } from "../../build/processes.ts";
import { watchBlocks } from "../../demand/longest_block.ts";
import { eventually } from "../../eventually.ts";
import { watchMemory } from "../../lib/memory_watch.ts";
import { VirtualClock } from "../../virtual_clock.ts";

Deno.test("a build that writes gigabytes keeps 100 MiB of log and the end, in little memory", async () => {
  await using kit = await buildKit(
    `${BUILD}make x; yes "a line that says nothing" | head -c 1500000000; echo "the end"\n`,
  );
  using memory = watchMemory();
  await kit.builder.build(kit.job, unaborted());
  ok(memory.most() < 500_000_000, `${memory.most() / 1e6} MB`);
  const { size } = await Deno.stat(kit.job.logFile);
  const limit = 100 * 1024 * 1024;
  ok(size > limit && size < limit + 10_000, `${size}`);
  using file = await Deno.open(kit.job.logFile);
  await file.seek(limit, Deno.SeekMode.Start);
  const end = await new Response(file.readable).text();
  match(end, /^\n\[nodepool: the log has reached 100 MiB; only its last lines follow\]\n/);
  match(end, /\n\[nodepool: 1330\.5 MiB left out; their last lines:\]\n/);
  equal(end.split("\n").length, 2 + 2 + 50 + 1);
  ok(end.endsWith("\nthe end\n"));
});

Deno.test("hashing a big file leaves the event loop free", async () => {
  await using kit = await buildKit(`${BUILD}make x; head -c 300000000 /dev/zero >"$path.raw"\n`);
  await using blocks = watchBlocks();
  const files = await kit.builder.build(kit.job, unaborted());
  equal(files[1]!.size, 300_000_000);
  // A few milliseconds; hashing all at once takes a second.
  ok(blocks.longest < 250, `${blocks.longest} ms`);
});

Deno.test("a build that takes too long is ended with all that it has started", async () => {
  const clock = new VirtualClock();
  await using kit = await buildKit(`#!/bin/bash\nset -- "$PIDS"\n${TREE}wait\n`, { clock });
  const file = join(kit.folder, "pids");
  const job = { ...kit.job, environment: { ...kit.job.environment, PIDS: file }, timeout: 3_600_000 };
  const failing = failureOfBuild(kit.builder.build(job, unaborted()));
  await eventually(() => pidsIn(file).length === TREE_SIZE);
  await clock.advance(3_599_999);
  ok(pidsIn(file).every(isRunning));
  await clock.advance(1);
  const error = await failing;
  equal(error.kind, "timeout");
  match(
    error.message,
    /^the build of tiny timed out after 3600 s and was stopped; see .*, or raise build-timeout$/,
  );
  equal(error.tail.split("\n").at(-1), "the tree stands");
  deepEqual(pidsIn(file).filter(isRunning), []);
});

Deno.test("a build that is aborted ends with the signal's reason, and with all that it has started", async () => {
  await using kit = await buildKit(
    `#!/bin/bash\nset -- "$PIDS"\n${TREE}trap '' TERM; while :; do sleep 0.2; done\n`,
  );
  const file = join(kit.folder, "pids");
  const job = { ...kit.job, environment: { ...kit.job.environment, PIDS: file } };
  const controller = new AbortController();
  const rejected = rejects(kit.builder.build(job, { signal: controller.signal }), /^Error: shutting down$/);
  await eventually(() => pidsIn(file).length === TREE_SIZE);
  controller.abort(new Error("shutting down"));
  await rejected;
  deepEqual(pidsIn(file).filter(isRunning), []);
  await rejects(kit.builder.build(job, { signal: controller.signal }), /shutting down/);
});
