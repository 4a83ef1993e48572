import assert from "node:assert/strict";
import { parse as parseYaml } from "yaml";
import type { LoadedConfig } from "../../src/config/parse_config.ts";
import { briefDuration } from "../../src/domain/time.ts";
import { showConfig } from "../../src/config/config_view.ts";
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
