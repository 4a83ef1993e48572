/** The digests by which machines compare their configurations. */
import assert from "node:assert/strict";
import { digestConfig } from "../../src/config/digest_config.ts";
import type { Config } from "../../src/domain/config.ts";
import { differingKeys } from "../../src/domain/differing_keys.ts";
import { sampleMachine } from "../views/sample_machines.ts";
import { sampleReport } from "../views/sample_pool.ts";

const config = sampleReport().config!;
const own = digestConfig(config);

const self = sampleMachine("ci-a");
const standby = { ...sampleMachine("ci-b"), role: "standby" } as const;

function differing(changes: Partial<Config>): readonly string[] {
  return differingKeys({ self, config: own }, {
    ...standby,
    config: digestConfig({ ...config, ...changes }),
  });
}

function providersWith(image: Partial<Config["providers"][number]["images"][number]>): Config["providers"] {
  return config.providers.map((provider) => ({
    ...provider,
    images: provider.images.map((each) => ({ ...each, ...image })),
  }));
}

Deno.test("configurations differ by the keys that say something else", () => {
  assert.deepEqual(differing({}), []);
  assert.deepEqual(differing({ buildLogRetention: 77 }), ["build-log-retention"]);
  assert.deepEqual(
    differing({ labels: [], providers: config.providers.map((each) => ({ ...each, maxServers: 99 })) }),
    ["labels", "providers"],
  );
});

Deno.test("what may be another on each machine makes no difference, nor does a secret or an order of keys", () => {
  assert.deepEqual(
    differing({
      imagesDir: "/elsewhere",
      scriptDir: "/elsewhere",
      elementsDir: "/elsewhere",
      buildLogDir: "/elsewhere",
      state: "etcd:https://e2:2379/ci",
      status: { ...config.status, listen: [{ hostname: "0.0.0.0", port: 9 }] },
      log: { ...config.log, level: "debug" },
      providers: providersWith({ privateKey: "/elsewhere/key" }),
    }),
    [],
  );
  const withMeta = (meta: Record<string, string>) =>
    digestConfig({ ...config, providers: providersWith({ meta }) });
  assert.deepEqual(withMeta({ a: "1", b: "2" }), withMeta({ b: "2", a: "1" }));
  assert.notDeepEqual(withMeta({ a: "1" }), withMeta({ a: "2" }));
  assert.deepEqual(withMeta({ password: "1" }), withMeta({ password: "2" }));
});

Deno.test("a member that cannot be compared differs in nothing, and a builder in its providers at most", () => {
  const other = { ...own, labels: "x", providers: "y" };
  const leader = { self, config: own };
  assert.deepEqual(differingKeys(leader, { ...standby, config: other }), ["labels", "providers"]);
  assert.deepEqual(differingKeys(leader, { ...standby, role: "builder", config: other }), ["providers"]);
  assert.deepEqual(differingKeys(leader, standby), []);
  assert.deepEqual(differingKeys(leader, { ...standby, version: "0.3.9", config: other }), []);
  assert.deepEqual(differingKeys({ self: null, config: null }, { ...standby, config: other }), []);
});
