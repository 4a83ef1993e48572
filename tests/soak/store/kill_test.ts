import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../../src/lib/clock.ts";
import { seededRandom, systemRandom } from "../../../src/lib/random.ts";
import { openKvStore } from "../../../src/store/open_state.ts";
import { lockState } from "../../../src/store/state_lock.ts";
import { temporaryState } from "../../store/temporary_state.ts";

const options = { clock: systemClock, random: systemRandom };

/** Starts the writer, kills it a random while after its first stored commit, and tells the last that it told. */
async function writeAndKill(path: string, delay: number): Promise<number> {
  const script = fileURLToPath(new URL("../../store/state_writer.ts", import.meta.url));
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--unstable-kv", "--allow-read", "--allow-write", "--allow-env", script, path],
    stdout: "piped",
  }).spawn();
  let [last, killing]: [number, Promise<void> | null] = [0, null];
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    last = Number(text.trim().split("\n").at(-1));
    killing ??= systemClock.sleep(delay).then(() => child.kill("SIGKILL"));
  }
  await killing;
  return last;
}

Deno.test("a state whose owner is killed at any moment has whole commits, all that were stored, and no id twice", async () => {
  await using state = await temporaryState();
  const random = seededRandom(20);
  for (let round = 0; round < 6; round++) {
    const last = await writeAndKill(state.path, random.integer(250));
    using _lock = await lockState(state.path, { holder: "test", clock: systemClock });
    await using store = await openKvStore(state.path, options);
    const { nodes } = await store.load();
    const first = nodes[0]!.id;
    assert.equal(nodes.length, 1_200);
    assert.ok(
      nodes.every((node, index) => node.id === first + index && node.launchReason === `from ${first}`),
    );
    assert.ok(first >= last, `commit ${last} was told to be stored, ${first} is there`);
    assert.ok(await store.takeIds("node", 1) >= first + 1_200);
  }
});
