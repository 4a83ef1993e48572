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

Deno.test("diffConfig() tells that a password in an address changed, and what else of it did", async () => {
  const addresses: readonly [from: string, to: string, told: string][] = [
    ["http://u:geheim-a@k/v3", "http://u:geheim-b@k/v3", "changed"],
    ["http://u:geheim-a@k/v3", "http://u:geheim-b@l/v3", "http://***@k/v3 -> http://***@l/v3"],
    ["http://k/v3", "http://u:geheim-b@k/v3", "http://k/v3 -> http://***@k/v3"],
  ];
  for (const [from, to, told] of addresses) {
    const [before, after] = [from, to].map((address) => text.replace("http://k", address));
    const lines = diffConfig((await parse(before!)).config, (await parse(after!)).config);
    assert.deepEqual(lines, [`provider alpha: access.auth-url ${told}`]);
  }
  const withMirror = async (password: string) => {
    const mirror = `DIB_MIRROR: "https://ci:${password}@mirror/"`;
    return (await parse(`${text}diskimages: [{name: d, elements: [vm], env-vars: {${mirror}}}]`)).config;
  };
  assert.deepEqual(diffConfig(await withMirror("geheim-a"), await withMirror("geheim-b")), [
    "diskimage d: env-vars.DIB_MIRROR changed",
  ]);
});

Deno.test("diffConfig() tells that things stand in another order, which lists and launches go by", async () => {
  const two = text.replace("labels: [", "labels: [{name: big, image: j, providers: [{name: alpha}]}, ");
  const swapped = two.replace(/\[(\{name: big.*\}), (\{name: small.*\})\]/, "[$2, $1]");
  assert.deepEqual(diffConfig((await parse(two)).config, (await parse(swapped)).config), [
    "labels: order changed",
  ]);
});
