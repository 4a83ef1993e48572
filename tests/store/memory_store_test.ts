import assert from "node:assert/strict";
import { seededRandom } from "../../src/lib/random.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { createMemoryStore } from "../../src/store/memory_store.ts";
import { storeContract } from "../contracts/store_contract.ts";

const clock = new VirtualClock();

storeContract("createMemoryStore()", () => {
  const store = createMemoryStore({ clock, random: seededRandom(1) });
  return Promise.resolve({ store, reopen: null, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() });
});

Deno.test("createMemoryStore() belongs to the installation it is given and is then not new", () => {
  const installation = { id: "6e1d2f0a-4a43-4c62-8a41-6d4c0d6d9b10", createdAt: 5 };
  const store = createMemoryStore({ clock, random: seededRandom(1), installation });
  assert.deepEqual([store.installation, store.isNew], [installation, false]);
});
