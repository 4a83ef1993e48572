import assert from "node:assert/strict";
import { diffConfig } from "../../src/config/diff_config.ts";
import { parse } from "./fake_environment.ts";

const text = `
labels: [{name: small, image: i, providers: [{name: alpha}]}]
providers:
  - name: alpha
    auth-url: http://k
    username: u
    password: geheim-one
    project-name: x
    max-servers: 10
    availability-zones: [az1, az2]
    images: [{name: i, base-image: x, min-ram: 1024}, {name: j, base-image: y, min-ram: 1024, meta: {token: geheim-a}}]
`;

async function diff(...changes: readonly (readonly [string, string])[]): Promise<readonly string[]> {
  let changed = text;
  for (const [from, to] of changes) {
    assert.ok(changed.includes(from), from);
    changed = changed.replace(from, to);
  }
  return diffConfig((await parse(text)).config, (await parse(changed)).config);
}

Deno.test("diffConfig() says nothing of nothing", async () => {
  assert.deepEqual(await diff(), []);
});

Deno.test("diffConfig() names what changed, from what to what", async () => {
  assert.deepEqual(
    await diff(["max-servers: 10", "max-servers: 20"], ["[az1, az2]", "[az1]"], [
      "min-ram: 1024}",
      "min-ram: 2048}",
    ]),
    [
      "provider alpha: max-servers 10 -> 20",
      "provider alpha: availability-zones [az1, az2] -> [az1]",
      "provider alpha: image i: min-ram 1024 -> 2048",
    ],
  );
});

Deno.test("diffConfig() names what was added and removed", async () => {
  assert.deepEqual(
    await diff(
      ["labels: [", "labels: [{name: big, image: j, providers: [{name: alpha}]}, "],
      [
        `, {name: j, base-image: y, min-ram: 1024, meta: {token: geheim-a}}`,
        ", {name: j2, base-image: y, min-ram: 1}",
      ],
      ["image: j,", "image: i,"],
    ),
    ["provider alpha: image j: removed", "provider alpha: image j2: added", "label big: added"],
  );
  assert.deepEqual(await diff(["providers: [{name: alpha}]", "providers: []"]), [
    "label small: providers [alpha] -> []",
  ]);
});

Deno.test("diffConfig() names settings that come and go", async () => {
  assert.deepEqual(await diff(["max-servers: 10", "max-servers: 10\n    pool: public"]), [
    "provider alpha: pool none -> public",
  ]);
  assert.deepEqual(
    await diff(["\nproviders:", "\nlog: {level: debug}\nlimits: {node-stuck: 1h}\nproviders:"]),
    [
      "limits.node-stuck 8h -> 1h",
      "log.level info -> debug",
    ],
  );
});

Deno.test("diffConfig() tells that a secret changed, and never which", async () => {
  assert.deepEqual(await diff(["geheim-one", "geheim-two"], ["geheim-a", "geheim-b"]), [
    "provider alpha: access.auth.password changed",
    "provider alpha: image j: meta.token changed",
  ]);
});
