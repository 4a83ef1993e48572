import assert from "node:assert/strict";
import { parse as parseYaml } from "yaml";
import type { LoadedConfig } from "../../src/config/parse_config.ts";
import { briefDuration } from "../../src/domain/time.ts";
import { showConfig } from "../../src/config/config_view.ts";
import { diffConfig } from "../../src/config/diff_config.ts";
import { parse } from "./fake_environment.ts";

function load(): Promise<LoadedConfig> {
  return parse(`
labels: [{name: small, image: i, max-ready-age: 1d, providers: [{name: p}]}]
providers:
  - name: p
    auth-url: http://me:geheim1@k/v3
    username: u
    password: geheim2
    project-name: x
    max-servers: 5
    networks: [{name: n, public: true}]
    images: [{name: i, base-image: x, min-ram: 1, userdata: geheim3, meta: {api-token: geheim4, Owner: ci}}]
targets: [{name: t, jenkins: {apikey: geheim5, user: j}}]
diskimages: [{name: d, elements: [vm], env-vars: {DIB_DEV_USER_PASSWORD: geheim6, DIB_URL: "http://a:geheim7@b/", A_B: c}}]
`);
}

Deno.test("showConfig() shows no secret", async () => {
  const shown = showConfig((await load()).config);
  assert.ok(!shown.includes("geheim"), shown);
});

Deno.test("showConfig() speaks in the file's key names, with defaults and units", async () => {
  const shown = parseYaml(showConfig((await load()).config));
  assert.deepEqual(shown.labels, [{
    name: "small",
    image: "i",
    "min-ready": 2,
    subnodes: 0,
    providers: [{ name: "p" }],
    "max-ready-age": "1d",
  }]);
  assert.deepEqual(shown.status, { listen: "127.0.0.1:8005", title: "nodepool" });
  const [provider] = shown.providers;
  assert.deepEqual([provider.rate, provider["launch-timeout"], provider["boot-timeout"]], [0.1, "1h", "1m"]);
  assert.deepEqual(provider.access.auth.password, "***");
  assert.equal("ca-setting" in provider.access, false);
  assert.equal(provider.access["auth-url"], "http://***@k/v3");
  assert.deepEqual(provider.images[0].meta, { "api-token": "***", Owner: "ci" });
  assert.equal(provider.images[0]["min-ram"], 1);
  assert.deepEqual(shown.diskimages[0]["env-vars"], {
    DIB_DEV_USER_PASSWORD: "***",
    DIB_URL: "http://***@b/",
    A_B: "c",
  });
  assert.deepEqual(shown.targets[0].jenkins, { user: "j", apikey: "***" });
});

Deno.test("briefDuration() takes the largest unit that fits", () => {
  assert.deepEqual([0, 100, 1000, 90_000, 3_600_000, 86_400_000, 1500].map(briefDuration), [
    ...[0, 0.1, "1s", "90s", "1h", "1d", 1.5],
  ]);
});

const withProvider = (more: string) =>
  parse(`providers: [{name: p, cloud: my-cloud, max-servers: 1, ${more}}]`);
const priced = (prices: string) => withProvider(`prices: ${prices}`);

Deno.test("prices are shown, and a reload tells how they changed, whatever a flavor is called", async () => {
  const before =
    (await priced("{currency: EUR, per-hour: {m1.small: 0.02, key-private: 1, toString: 2}}")).config;
  const [provider] = parseYaml(showConfig(before)).providers;
  assert.deepEqual(provider.prices, {
    currency: "EUR",
    "per-hour": { "m1.small": 0.02, "key-private": 1, toString: 2 },
  });
  const after =
    (await priced("{currency: EUR, per-hour: {m1.small: 0, m1.large: 3, key-private: 1}}")).config;
  assert.deepEqual(diffConfig(before, after), [
    "provider p: prices.per-hour.m1.small 0.02 -> 0",
    "provider p: prices.per-hour.toString 2 -> none",
    "provider p: prices.per-hour.m1.large none -> 3",
  ]);
  const none = (await withProvider("")).config;
  assert.deepEqual(diffConfig(before, none).map((line) => line.split(" ")[2]), ["prices"]);
  assert.deepEqual(diffConfig(after, structuredClone(after)), []);
});

Deno.test("entries under names of the user's own are shown and compared whatever their values are", async () => {
  const { config } = await parse("diskimages: [{name: d, elements: [vm], env-vars: {A: b}}]");
  const showing = (envVars: unknown) => ({
    ...config,
    diskimages: [{ ...config.diskimages[0]!, envVars: envVars as Record<string, string> }],
  });
  const values = {
    ...{ number: 1.5, flag: false, empty: null, list: [1, "http://a:geheim1@b/"] },
    ...{ nested: { deep: [{ apiToken: "geheim2", x: 1 }] }, password: ["geheim3"], token: { of: "geheim4" } },
  };
  const shown = showConfig(showing(values));
  assert.ok(!shown.includes("geheim"), shown);
  assert.deepEqual(parseYaml(shown).diskimages[0]["env-vars"], {
    ...{ number: 1.5, flag: false, empty: null, list: [1, "http://***@b/"] },
    ...{ nested: { deep: [{ apiToken: "***", x: 1 }] }, password: "***", token: "***" },
  });
  assert.deepEqual(diffConfig(showing(values), showing(structuredClone(values))), []);
  assert.deepEqual(diffConfig(showing(values), showing({ ...values, password: ["other"], flag: true })), [
    "diskimage d: env-vars.flag false -> true",
    "diskimage d: env-vars.password changed",
  ]);
});
