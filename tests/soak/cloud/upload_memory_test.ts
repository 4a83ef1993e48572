/** What an upload of 4 GiB takes of memory. Sender and receiver are processes of their own, so that only it counts. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { spawnReceiver } from "../../cloud/spawn_receiver.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const program = fileURLToPath(new URL("../../cloud/upload_sender.ts", import.meta.url));

Deno.test("an image of 4 GiB is uploaded with less than 64 MiB of memory; the figures are printed", async () => {
  await using receiver = await spawnReceiver();
  const args = ["run", "-A", "--no-check", "--cached-only", program, receiver.url, String(4 * GIB)];
  const { stdout, success } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
  assert.ok(success, "the sender");
  const { sent, seconds, before, peak } = JSON.parse(new TextDecoder().decode(stdout));
  const growth = (peak - before) / MIB;
  console.log(
    `4 GiB in ${seconds.toFixed(1)} s, with ${growth.toFixed(0)} MiB beside ${(before / MIB).toFixed(0)}`,
  );
  assert.equal(sent, 4 * GIB);
  assert.ok(growth < 64, `it grew by ${growth} MiB`);
});
