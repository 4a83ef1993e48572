/** Output without end on a session with a real OpenSSH server. */
import { equal, ok } from "node:assert/strict";
import { watchMemory } from "../../lib/memory_watch.ts";
import { limits, withOpensshServer } from "../../ssh/session_kit.ts";

const test = withOpensshServer("a session");

test("keeps the last 64 KiB of hundreds of megabytes, in little memory", async ({ connect }) => {
  await using session = await connect();
  using memory = watchMemory();
  let bytes = 0;
  const onOutput = (chunk: Uint8Array) => void (bytes += chunk.length);
  const size = 300_000_000;
  const { exitCode, output } = await session.run(`yes | head -c ${size}; echo the end`, {
    ...limits(),
    onOutput,
  });
  equal(exitCode, 0);
  equal(bytes, size + 8);
  equal(output.length, 64 * 1024);
  ok(output.endsWith("y\nthe end\n"));
  ok(memory.most() < 150_000_000, `${memory.most() / 1e6} MB`);
});
