import assert from "node:assert/strict";
import type { Quota } from "../../src/domain/server.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { TaskRegistry } from "../../src/tasks/task_registry.ts";
import { ProviderWatches } from "../../src/tasks/provider_watches.ts";
import { gate, ledgerWith } from "../execute/execute_fixtures.ts";
import { node, provider, quota, server, states } from "../plan/plan_fixtures.ts";
import { unreachable, watchKit } from "./task_fixtures.ts";

const [a, b] = [provider(), provider({ name: "cloud-b" })];

/** Watches over a cloud of each provider that is configured. */
async function watchesKit(script: Parameters<typeof watchKit>[0] = {}) {
  const kit = await ledgerWith(node(states.ready));
  await kit.ledger.takeIds("node", 7);
  const clouds = new Map(
    [a, b].map((each) => [each.name, watchKit({ ...script, provider: each, clock: kit.clock })]),
  );
  const errors: string[] = [];
  const tasks = new TaskRegistry({
    clock: kit.clock,
    onError: (task, error) => errors.push(`${task}: ${error}`),
  });
  tasks.start();
  const watches = new ProviderWatches({
    metrics: null,
    ledger: kit.ledger,
    clock: kit.clock,
    tasks,
    openCloud: ({ name }) => clouds.get(name)!.cloud,
    whyFrozen: () => null,
    wake: () => {},
  });
  return {
    ...kit,
    watches,
    errors,
    cloud: (name = "cloud-a") => clouds.get(name)!,
    async [Symbol.asyncDispose]() {
      await watches[Symbol.asyncDispose]();
    },
  };
}

Deno.test("each provider is looked at by itself: one that is down or slow delays no other", async () => {
  await using kit = await watchesKit();
  kit.cloud("cloud-b").state.failing.set("all", unreachable);
  await kit.watches.configure([a, b]);
  await kit.clock.advance(MINUTE);
  const seen = kit.watches.observations();
  assert.deepEqual([seen.get("cloud-a")?.failure, seen.get("cloud-b")?.failure?.message], [
    null,
    "connection refused",
  ]);
  assert.notEqual(seen.get("cloud-a")?.inventory.completeAt, null);
});

Deno.test("nothing of a cloud is planned with before the ids that it knows were skipped", async () => {
  const answer = gate<Quota>();
  await using kit = await watchesKit({ script: { getQuota: answer.run } });
  kit.cloud().state.servers = [server("later", { nodeId: 900 })];
  await kit.watches.configure([a]);
  await kit.clock.advance(SECOND);
  assert.notEqual(kit.watches.get("cloud-a")?.observation.inventory.completeAt, null);
  assert.notEqual(kit.watches.get("cloud-a")?.observation.catalog, null);
  assert.equal(kit.watches.observations().size, 0, "a tick would launch under ids that are taken");
  answer.open(quota());
  await kit.clock.advance(SECOND);
  assert.equal(kit.watches.observations().size, 1);
  assert.equal(await kit.ledger.takeIds("node", 1), 901);
});

Deno.test("a provider that is reached as before keeps what was seen of it, another one is connected anew", async () => {
  await using kit = await watchesKit();
  await kit.watches.configure([a, b]);
  await kit.clock.advance(SECOND);
  const [before, other] = [kit.watches.get("cloud-a"), kit.watches.get("cloud-b")];
  await kit.watches.configure([{ ...a, maxServers: 1 }, { ...b, rate: 9 * SECOND }]);
  assert.equal(kit.watches.get("cloud-a"), before);
  assert.equal(before?.provider.maxServers, 1);
  assert.notEqual(kit.watches.get("cloud-b"), other);
  assert.deepEqual([...kit.watches.observations().keys()], ["cloud-a"]);
  assert.equal(kit.cloud("cloud-b").asked()["close"], 1);
});

Deno.test("a provider that is not configured any more is watched no longer", async () => {
  await using kit = await watchesKit();
  await kit.watches.configure([a, b]);
  await kit.clock.advance(SECOND);
  await kit.watches.configure([a]);
  assert.deepEqual([kit.watches.get("cloud-b"), kit.cloud("cloud-b").asked()["close"]], [null, 1]);
  await kit.clock.advance(10 * MINUTE);
  assert.deepEqual([kit.cloud("cloud-b").asked(), kit.errors], [{}, []]);
});
