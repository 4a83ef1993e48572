import assert from "node:assert/strict";
import { chooseNetworks, findNetwork } from "../../src/plan/choose_networks.ts";
import { catalog, provider } from "./plan_fixtures.ts";

const wanted = (name: string | null, id: string | null = null) => ({ name, id, label: null, public: false });
const choose = (...networks: ReturnType<typeof wanted>[]) =>
  chooseNetworks(provider({ networks }), catalog());

Deno.test("networks are found by name or id, in the order of the configuration; an unknown one is named", () => {
  const chosen = choose(wanted(null, "n2"), wanted("private"));
  assert.ok(typeof chosen !== "string");
  assert.deepEqual(chosen.map(({ id }) => id), ["n2", "n1"]);
  assert.deepEqual(choose(), []);
  assert.equal(choose(wanted("private"), wanted("dmz")), "the cloud has no network dmz");
  assert.equal(choose(wanted(null, "n9")), "the cloud has no network n9");
});

Deno.test("two networks of one name are refused with both ids, and found by either", () => {
  const networks = ["a1", "a2"].map((id) => ({ id, name: "lan", external: false }));
  const told = "the cloud has 2 networks named lan (a1, a2); name it by";
  assert.equal(
    chooseNetworks(provider({ networks: [wanted("lan")] }), { networks }),
    `${told} net-id`,
  );
  assert.equal(findNetwork("lan", networks), `${told} its id`);
  const byId = chooseNetworks(provider({ networks: [wanted(null, "a2")] }), { networks });
  assert.deepEqual(byId, [networks[1]]);
  assert.equal(findNetwork("a1", networks), networks[0]);
});
