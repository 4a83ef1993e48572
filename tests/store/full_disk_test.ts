/** States on a disk without room: nothing half-made stays, what is there can be looked at, and the message says why. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { systemRandom } from "../../src/lib/random.ts";
import { openKvStore } from "../../src/store/open_state.ts";
import { lookAtState } from "../../src/store/look_at_state.ts";
import { lockState } from "../../src/store/state_lock.ts";
import { testNeeding } from "../needs.ts";
import { fill, smallDisk } from "../small_disk.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { nodeRecord } from "./records.ts";

const options = { clock: new VirtualClock(), random: systemRandom };

/** A state with a few MiB, as the version before left it. */
async function olderState(path: string): Promise<void> {
  await using store = await openKvStore(path, { ...options, migrations: [] });
  for (let first = 1; first < 900; first += 300) {
    const ids = Array.from({ length: 300 }, (_, index) => first + index);
    await store.commit({
      nodes: ids.map((id) => ({ previous: null, next: nodeRecord({ id, comment: "c".repeat(400) }) })),
    });
  }
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

testNeeding(
  ["mount"],
  "an older state that cannot be copied whole stays as it is, without a part of a copy",
  async () => {
    await using disk = await smallDisk();
    const path = join(disk.path, "state.kv");
    await olderState(path);
    const [before, ballast] = [names(disk.path), join(disk.path, "ballast")];
    await fill(ballast);
    await Deno.truncate(ballast, (await Deno.stat(ballast)).size - 1_000_000);
    for (let start = 1; start <= 2; start++) {
      await assert.rejects(openKvStore(path, options), {
        kind: "unusable",
        message: /state\.kv: it cannot be copied to .*\.v1-.*\.bak: No space left/,
      });
      assert.deepEqual(names(disk.path), ["ballast", ...before].sort());
    }
    await Deno.remove(ballast);
    await using store = await openKvStore(path, options);
    assert.equal((await store.load()).nodes.length, 900);
  },
);

testNeeding(
  ["mount"],
  "a state on a full disk can be looked at, and opening it says what is wrong",
  async () => {
    await using disk = await smallDisk();
    const path = join(disk.path, "state.kv");
    {
      await using store = await openKvStore(path, options);
      await store.load();
      await store.commit({ nodes: [{ previous: null, next: nodeRecord({ id: 1 }) }] });
    }
    await fill(join(disk.path, "ballast"));
    using _lock = await lockState(path, { holder: "a nodepool command", clock: options.clock });
    const before = names(disk.path);
    {
      await using looked = await lookAtState(path, options);
      assert.equal((await looked?.load())?.nodes.length, 1);
    }
    assert.deepEqual(names(disk.path), before);
    await assert.rejects(openKvStore(path, options), { kind: "unusable", message: /is the disk full/ });
  },
);
