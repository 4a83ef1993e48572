import assert from "node:assert/strict";
import { completeSettings } from "../../src/simulator/settings.ts";
import { parseSettings } from "../../src/simulator/settings_file.ts";
import { personalities, quirkTable } from "../../src/simulator/quirk_table.ts";
import { virtualSimulator } from "./simulated_client.ts";

Deno.test("a cloud has the quirks of its personality and those named besides, each once", async () => {
  using world = await virtualSimulator({ personality: "odd", quirks: ["limits-forbidden", "odd-servers"] });
  const { client, simulator } = world;
  assert.deepEqual(simulator.cloud().quirks.map(({ name }) => name), [
    "odd-items",
    "odd-servers",
    "limits-forbidden",
  ]);
  const { json } = await client.get("/compute/v2.1/flavors/detail");
  assert.equal(json.flavors.filter(({ vcpus }: { vcpus: unknown }) => vcpus === "1").length, 1);
  assert.equal((await client.get("/compute/v2.1/limits")).status, 403);
});

Deno.test("every quirk goes together with lists that have odd items", async () => {
  for (const { name } of quirkTable) {
    using world = await virtualSimulator({ quirks: ["odd-items", name] });
    assert.equal((await world.client.get("/compute/v2.1/servers/detail")).status, 200, name);
  }
});

Deno.test("a cloud without quirks is the plain OpenStack", async () => {
  using world = await virtualSimulator();
  assert.deepEqual(world.simulator.cloud().quirks, []);
  assert.equal((await world.client.get("/compute/v2.1/limits")).status, 200);
});

Deno.test("the control route lists personalities and quirks, and changes those of a cloud", async () => {
  using world = await virtualSimulator();
  const { client } = world;
  const control = (method: "GET" | "PATCH", path: string, body?: unknown) =>
    client.call(method, `http://simulator.test/_simulator/${path}`, body);
  const { json: known } = await control("GET", "quirks");
  assert.deepEqual(
    known.quirks.map(({ name }: { name: string }) => name),
    quirkTable.map(({ name }) => name),
  );
  assert.deepEqual(
    known.personalities.map(({ name }: { name: string }) => name),
    personalities.map(({ name }) => name),
  );
  const changed = await control("PATCH", "clouds/simulator", { quirks: ["limits-forbidden"] });
  assert.deepEqual([changed.status, changed.json.quirks], [200, ["limits-forbidden"]]);
  assert.equal((await client.get("/compute/v2.1/limits")).status, 403);
  await control("PATCH", "clouds/simulator", { quotas: { cores: 7 } });
  assert.equal((await client.get("/compute/v2.1/limits")).status, 403, "another change leaves the quirks");
  await control("PATCH", "clouds/simulator", { quirks: [] });
  assert.equal((await client.get("/compute/v2.1/limits")).json.limits.absolute.maxTotalCores, 7);
  const refused = await control("PATCH", "clouds/simulator", {
    personality: "narow",
    quirks: ["limits-forbiden"],
  });
  assert.equal(refused.status, 400);
  assert.match(refused.json.error, /did you mean "narrow".*did you mean "limits-forbidden"/);
});

Deno.test("an unknown personality or quirk is told with its line, the nearest name and all that there are", () => {
  const text = "clouds:\n  - name: alpha\n    personality: Odd\n    quirks: [gzipp]\n";
  assert.throws(
    () => parseSettings(text, "simulator.yaml"),
    /simulator\.yaml:3:\d+: clouds\[0\]\.personality: there is no personality "Odd"; .*odd[^]*simulator\.yaml:4:\d+: clouds\[0\]\.quirks\[0\]: there is no quirk "gzipp"; did you mean "gzip"\?; there are /,
  );
  assert.throws(() => completeSettings({ clouds: [{ quirks: ["x"] }] }), /there is no quirk "x"/);
});

Deno.test("every quirk and personality has a name of its own and one sentence about it", () => {
  for (const { name, about } of [...quirkTable, ...personalities]) {
    assert.match(name, /^[a-z0-9-]+$/);
    assert.match(about, /^[A-Z`].*\.$/);
  }
  for (const table of [quirkTable, personalities]) {
    assert.equal(new Set(table.map(({ name }) => name)).size, table.length);
  }
});
