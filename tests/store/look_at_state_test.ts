/** Looking at a state shows what opening it shows, and leaves its folder as it was. */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { openKvStore } from "../../src/store/open_state.ts";
import { lookAtState } from "../../src/store/look_at_state.ts";
import type { Store } from "../../src/store/store.ts";
import { autoHold, launchPause, nodeRecord } from "./records.ts";
import { temporaryState } from "./temporary_state.ts";

const clock = systemClock;

async function madeState() {
  const state = await temporaryState();
  await using store = await openKvStore(state.path, { clock, random: systemRandom });
  const nodes = ["", "ü", "→"].map((comment, at) => nodeRecord({ id: at + 1, revision: 0, comment }));
  await store.commit({
    nodes: nodes.map((next) => ({ previous: null, next })),
    jobs: [{ previous: null, next: autoHold({ id: 5 }) }],
    pauses: [{ previous: null, next: launchPause() }],
  });
  return state;
}

function filesBeside(path: string): readonly string[] {
  return [...Deno.readDirSync(dirname(path))].map(({ name }) => name).sort();
}

Deno.test("a state that is looked at shows all that it shows when it is opened, and its folder stays as it was", async () => {
  await using state = await madeState();
  const [before, bytes] = [filesBeside(state.path), await Deno.readFile(state.path)];
  const shown = await show(await lookAtState(state.path, { clock }));
  assert.deepEqual([filesBeside(state.path), await Deno.readFile(state.path)], [before, bytes]);
  assert.deepEqual(shown, await show(await openKvStore(state.path, { clock, random: systemRandom })));
});

Deno.test("a state that is looked at is not written to", async () => {
  await using state = await madeState();
  await using looked = await lookAtState(state.path, { clock });
  await assert.rejects(looked!.takeIds("node", 1), { message: /it is only looked at/ });
});

/** What a store tells, which is then closed. */
async function show(opened: Store | null) {
  await using store = opened!;
  const { installation, isNew, doubt } = store;
  return { contents: await store.load(), installation, isNew, doubt };
}

const more: Readonly<Record<string, (path: string) => Promise<void>>> = {
  "the log of a killed process": (path) => Deno.writeTextFile(`${path}-wal`, "commits"),
  "an older schema": (path) => set(path, ["schema"], 1),
  "a newer schema": (path) => set(path, ["schema"], 99),
  "no installation": (path) => set(path, ["installation"], null),
  "a commit that was interrupted": (path) => set(path, ["journal-length"], 0),
  "the beginning of a commit": (path) => set(path, ["journal", 0], { key: ["job", 5], value: null }),
  "commits that are lost": (path) => set(path, ["commits"], 0),
  "a file that is no database": (path) => Deno.writeTextFile(path, "no database"),
  "an empty file": (path) => Deno.truncate(path),
};

async function set(path: string, key: Deno.KvKey, value: unknown): Promise<void> {
  using kv = await Deno.openKv(path);
  if (value === null) await kv.delete(key);
  else await kv.set(key, value);
}

for (const [what, make] of Object.entries(more)) {
  Deno.test(`a state with ${what} takes more than a look`, async () => {
    await using state = await madeState();
    await make(state.path);
    assert.equal(await lookAtState(state.path, { clock }), null);
  });
}
