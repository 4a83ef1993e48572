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
        /^simulator\.yaml:4:\d+: clouds\[0\]\.boot-tiem: unknown key$/,
        /^simulator\.yaml:5:\d+: clouds\[0\]\.quotas\.cores: .*Expected number/,
        /^simulator\.yaml:6:\d+: clouds\[1\]\.name: expected letters/,
        /^simulator\.yaml:7:\d+: clouds\[1\]\.bootTime: unknown key; keys are written in small letters/,
      ]
    ) assert.ok(lines.some((line) => expected.test(line)), `${expected} in\n${error.message}`);
    return true;
  });
});

Deno.test("a file of comments alone gives the defaults", () => {
  assert.deepEqual(parseSettings("\n# nothing\n  # yet\n", "simulator.yaml"), completeSettings({}));
});

Deno.test("anchors, aliases and merges are resolved", () => {
  const text =
    "clouds:\n  - &one {name: a, zones: &zones [x]}\n  - {<<: *one, name: b}\n  - {name: c, zones: *zones}\n";
  const { clouds } = parseSettings(text, "simulator.yaml");
  assert.deepEqual(clouds.map(({ name, zones }) => [name, ...zones]), [["a", "x"], ["b", "x"], ["c", "x"]]);
});

const BOMB = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
for (const [from, to] of ["ab", "bc", "cd", "de", "ef", "fg"]) {
  BOMB.push(`${to}: &${to} [${Array(10).fill(`*${from}`).join(", ")}]`);
}

const mistakes: readonly (readonly [string, string, string])[] = [
  [
    "an alias of no anchor",
    "clouds:\n  - name: *alpha\n",
    "2:11: there is no anchor of this name above this line; put a text that begins with * in quotes",
  ],
  ["an alias that contains itself", "clouds: &all\n  - *all\n", "2:3: an alias here contains itself"],
  ["aliases of aliases without end", BOMB.join("\n"), "aliases make this file far too large"],
  ["a tab", "clouds:\n  - name: a\n\tb: c\n", "3:1: a tab cannot indent YAML; use spaces"],
  [
    "a second document",
    "seed: 1\n---\nseed: 2\n",
    "2:1: a second document begins here; put everything into one",
  ],
  ["a tag", "seed: !odd 1\n", "1:7: is not plain YAML: "],
  ["a key that stands twice", "seed: 1\nseed: 2\n", '2:1: duplicate key "seed", first in line 1'],
  ["a bracket that is not closed", "clouds: [\n", "1:9: is not valid YAML: "],
  ["a list", "- seed\n", "1:1: expected settings, `KEY: VALUE`"],
  ["a word", "seed\n", "1:1: expected settings, `KEY: VALUE`"],
  ["a wrong type", "seed: soon\n", '1:1: seed: Invalid type: Expected number but received "soon"'],
  ["a negative time", "clouds:\n  - boot-time: -1\n", "2:5: clouds[0].boot-time: "],
  ["no cloud", "clouds: []\n", "1:1: clouds: "],
  [
    "a missing value",
    "clouds:\n  - flavors:\n      - {name: a, ram: 1}\n",
    "3:9: clouds[0].flavors[0].vcpus: ",
  ],
  [
    "two clouds of one name",
    "clouds:\n  - name: a\n  - name: a\n",
    "3:5: clouds[1].name: another cloud is named a; give each its own name",
  ],
  [
    "two clouds without a name",
    "clouds:\n  - {}\n  - {}\n",
    "3:5: clouds[1].name: another cloud is named simulator; give each its own name",
  ],
  [
    "a cloud named as a service",
    "clouds:\n  - name: compute\n",
    "2:5: clouds[0].name: compute is the path of a service; choose another name",
  ],
  [
    "two flavors of one name",
    "clouds:\n  - flavors:\n      - {name: a, vcpus: 1, ram: 1}\n      - {name: a, vcpus: 2, ram: 1}\n",
    "4:10: clouds[0].flavors[1].name: another flavor is named a; give each its own name, or id",
  ],
  [
    "two networks of one id",
    "clouds:\n  - networks:\n      - {name: a, id: x}\n      - {name: b, id: x}\n",
    "4:19: clouds[0].networks[1].id: another network has the id x; give each its own",
  ],
  [
    "a subnet that another network has",
    "clouds:\n  - networks: [{name: a, subnet: 127.20.0.0/16}]\n  - name: b\n" +
    "    networks: [{name: a, subnet: 127.20.0.0/16}]\n",
    "4:26: clouds[1].networks[0].subnet: another network has 127.20.0.0/16; give each its own",
  ],
  [
    "a subnet that is none",
    "clouds:\n  - networks: [{name: a, subnet: 127.300.0.0/16}]\n",
    "2:26: clouds[0].networks[0].subnet: expected 127.N.0.0/16",
  ],
  [
    "an unknown fault",
    "faults:\n  - fault: 99\n",
    "2:5: faults[0].fault: fault 99 is not in the simulator's catalogue; ",
  ],
  [
    "an operation that there is not",
    'faults:\n  - {fault: 1, operation: "server.create server.craete"}\n',
    "2:16: faults[0].operation: no operation matches server.craete; there are server.action, ",
  ],
  [
    "an operation of a subject that there is not",
    "faults:\n  - {fault: 1, operation: sever.*}\n",
    "2:16: faults[0].operation: no operation matches sever.*; there are catalog.*, ",
  ],
  [
    "a fault of a cloud that there is not",
    "clouds: [{name: a}]\nfaults:\n  - {fault: 1, cloud: b}\n",
    "3:16: faults[0].cloud: there is no cloud b; there is a",
  ],
  [
    "a window that is over before it begins",
    "faults:\n  - {fault: 1, after: 10, until: 10}\n",
    "2:27: faults[0].until: the window is over before it begins",
  ],
];
for (const [what, text, said] of mistakes) {
  Deno.test(`${what} is told with file, line and column`, () => {
    assert.throws(() => parseSettings(text, "simulator.yaml"), (error: Error) => {
      const [first] = error.message.split("\n");
      assert.match(first!, /^simulator\.yaml:\d+:\d+: /);
      assert.ok(first!.includes(said), first);
      return true;
    });
  });
}

Deno.test("what cannot be used is told in code and at the control route as well", () => {
  assert.throws(
    () => completeSettings({ clouds: [{ name: "a" }, { name: "a" }] }),
    /clouds\.1\.name: another cloud/,
  );
  assert.throws(() => completeSettings({ faults: [{ fault: 99 }] }), /faults\.0\.fault: fault 99 is not in/);
});
