import assert from "node:assert/strict";
import type { NetworkConfig } from "../../src/domain/config.ts";
import { chooseNetworks, findNetwork, isUnclear } from "../../src/plan/choose_networks.ts";
import { catalog, provider } from "./plan_fixtures.ts";

const wanted = (name: string | null, id: string | null = null): NetworkConfig => ({
  name,
  id,
  label: null,
  public: false,
});
const choose = (...networks: ReturnType<typeof wanted>[]) =>
  chooseNetworks(provider({ networks }), catalog());

Deno.test("networks are found by name or id, in the order of the configuration; an unknown one is named", () => {
  const chosen = choose(wanted(null, "n2"), wanted("private"));
  assert.ok(!isUnclear(chosen));
  assert.deepEqual(chosen.map(({ id }) => id), ["n2", "n1"]);
  assert.deepEqual(choose(), []);
  assert.deepEqual(choose(wanted("private"), wanted("dmz")), {
    wanted: "dmz",
    ids: [],
    message: "the cloud has no network dmz",
  });
});

Deno.test("an id that the cloud does not list is taken as it is, and an entry's name is the network's", () => {
  assert.deepEqual(choose(wanted(null, "n9")), [{ id: "n9", name: "", external: false }]);
  const labelled = choose({ ...wanted(null, "n9"), label: "lan" });
  assert.deepEqual(labelled, [{ id: "n9", name: "lan", external: false }]);
});

Deno.test("two networks of one name are refused with both ids, and found by either", () => {
  const networks = ["a1", "a2"].map((id) => ({ id, name: "lan", external: false }));
  const told = "the cloud has 2 networks named lan (a1, a2); name it by";
  const unclear = { wanted: "lan", ids: ["a1", "a2"] };
  const chosen = chooseNetworks(provider({ networks: [wanted("lan")] }), { networks });
  assert.deepEqual(chosen, { ...unclear, message: `${told} net-id` });
  assert.deepEqual(findNetwork("lan", networks), { ...unclear, message: `${told} its id` });
  const byId = chooseNetworks(provider({ networks: [wanted(null, "a2")] }), { networks });
  assert.deepEqual(byId, [networks[1]]);
  assert.equal(findNetwork("a1", networks), networks[0]);
});
