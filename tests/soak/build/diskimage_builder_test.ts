/** Builds that write a lot, by scripts in the place of `disk-image-create`: neither memory nor the event loop suffers. */
import { equal, match, ok } from "node:assert/strict";
import { BUILD, buildKit, unaborted } from "../../build/build_kit.ts";
import { watchMemory } from "../../lib/memory_watch.ts";

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
  let [longest, last] = [0, performance.now()];
  const watch = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  try {
    const files = await kit.builder.build(kit.job, unaborted());
    equal(files[1]!.size, 300_000_000);
  } finally {
    clearInterval(watch);
  }
  // A few milliseconds on an idle machine; hashing all at once takes a second.
  ok(longest < 250, `${longest} ms`);
});
