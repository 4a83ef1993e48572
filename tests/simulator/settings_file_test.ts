import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { completeSettings } from "../../src/simulator/settings.ts";
import { parseSettings } from "../../src/simulator/settings_file.ts";

Deno.test("an empty file gives the defaults: one cloud that boots in two seconds", () => {
  const settings = parseSettings("", "simulator.yaml");
  assert.deepEqual(settings, completeSettings({}));
  const [cloud] = settings.clouds;
  assert.deepEqual([cloud?.name, cloud?.bootTime.mean], ["simulator", 2 * SECOND]);
});

Deno.test("times are seconds, keys have dashes, and the user's own words stay as they are", () => {
  const settings = parseSettings(
    `
seed: 7
ssh-port: 0
clouds:
  - name: alpha
    boot-time: {mean: 20, min: 5, max: 60}
    delete-time: 0.5
    save-time: {mean: 3, jitter: 1}
    snapshot-time: 40
    token-life: 60
    quotas: {floating-ips: 3}
    flavors:
      - {name: big, vcpus: 4, ram: 4096, extra-specs: {hw:cpu-policy: dedicated}}
    ssh: {accept-any-key: true}
faults:
  - {fault: 5, time: 2.5, after: 60, operation: "server.*"}
`,
    "simulator.yaml",
  );
  const [cloud] = settings.clouds;
  assert.deepEqual(cloud?.bootTime, { mean: 20 * SECOND, jitter: 0, min: 5 * SECOND, max: MINUTE });
  assert.deepEqual([cloud?.deleteTime.mean, cloud?.tokenLife], [500, MINUTE]);
  assert.deepEqual(cloud?.saveTime, { mean: 3 * SECOND, jitter: SECOND, min: null, max: null });
  assert.equal(cloud?.snapshotTime.mean, 40 * SECOND);
  assert.deepEqual(cloud?.flavors[0]?.extraSpecs, { "hw:cpu-policy": "dedicated" });
  assert.deepEqual([cloud?.quotas.floatingIps, cloud?.ssh.acceptAnyKey], [3, true]);
  assert.deepEqual([settings.faults[0]?.time, settings.faults[0]?.after], [2_500, MINUTE]);
});

Deno.test("every problem is told with its line and path", () => {
  const text = `seed: 1
clouds:
  - name: alpha
    boot-tiem: 2
    quotas: {cores: many}
  - name: "no spaces"
    bootTime: 3
`;
  assert.throws(() => parseSettings(text, "simulator.yaml"), (error: Error) => {
    const lines = error.message.split("\n");
    assert.equal(lines.length, 4, error.message);
    for (
      const expected of [
        /^simulator\.yaml:4:\d+: clouds\.0\.boot-tiem: unknown key$/,
        /^simulator\.yaml:5:\d+: clouds\.0\.quotas\.cores: .*Expected number/,
        /^simulator\.yaml:6:\d+: clouds\.1\.name: expected letters/,
        /^simulator\.yaml:7:\d+: clouds\.1\.bootTime: unknown key; keys are written in small letters/,
      ]
    ) assert.ok(lines.some((line) => expected.test(line)), `${expected} in\n${error.message}`);
    return true;
  });
});

Deno.test("broken YAML is told with its line", () => {
  assert.throws(
    () => parseSettings("clouds:\n  - name: a\n\tb: c\n", "simulator.yaml"),
    /^Error: simulator\.yaml:3:/,
  );
});
