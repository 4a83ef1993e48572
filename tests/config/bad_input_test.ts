import assert from "node:assert/strict";
import { faultsOf } from "./fake_environment.ts";

/** A configuration in which everything is right, to break in one place each. */
const good = `labels:
  - name: small
    image: debian
    min-ready: 1
    providers:
      - name: alpha
providers:
  - name: alpha
    cloud: my-cloud
    max-servers: 5
    images:
      - name: debian
        base-image: debian-12
        min-ram: 1024
        private-key: /etc/nodepool/id_rsa
`;

const cases: readonly { title: string; from?: string; to: string; faults: readonly (string | RegExp)[] }[] = [
  {
    title: "an unknown key names the nearest known one",
    from: "min-ready: 1",
    to: "min-redy: 1",
    faults: [`nodepool.yaml:4:5: labels[0].min-redy: unknown key; did you mean "min-ready"?`],
  },
  {
    title: "an unknown key that is near to none lists the known ones",
    from: "min-ready: 1",
    to: "frobnicate: 1",
    faults: [/^nodepool.yaml:4:5: labels\[0\].frobnicate: unknown key; known: name, image, min-ready/],
  },
  {
    title: "a key in the wrong place leads to the places that it has, besides one of nearly that name",
    to: "  - {name: beta, cloud: my-cloud, max-servers: 5, images: [{name: debian, base-image: debian-12, " +
      "min-ram: 1024, min-ready: 2, config-drive: true}]}\nusername: ci\nkey: x\n",
    faults: [
      /images\[0\]\.min-ready: unknown key; did you mean "min-ram" or labels\[\]\.min-ready\?$/,
      /username: unknown key; did you mean providers\[\]\.images\[\]\.username or providers\[\]\.username\?$/,
      /key: unknown key; did you mean etcd\.key\?$/,
    ],
  },
  {
    title: "an unknown key at the top level says where anchors may be defined",
    to: "frobnicate: 1\n",
    faults: [
      /^nodepool.yaml:16:1: frobnicate: unknown key; known: .*; keys of your own, for anchors, begin with x-$/,
    ],
  },
  {
    title: "a key of an item that is indented too little",
    from: "    cloud: my-cloud",
    to: "   cloud: my-cloud",
    faults: [
      "nodepool.yaml:9:1: is not valid YAML: expected `- ` here; indent a key of the item above as far as that item's " +
      "first key",
    ],
  },
  {
    title: "a comma too many",
    to: "labels: [{ name: a,, image: b }]\n",
    faults: ["nodepool.yaml:16:20: is not valid YAML: a comma without an entry before it; remove it"],
  },
  {
    title: "a wrong type says what was found and what is expected",
    from: "min-ram: 1024",
    to: "min-ram: [8, 16]",
    faults: [
      "nodepool.yaml:14:9: providers[0].images[0].min-ram: expected a whole number, at least 0, found a list",
    ],
  },
  {
    title: "a fraction is no number of servers",
    from: "max-servers: 5",
    to: "max-servers: 5.5",
    faults: [`nodepool.yaml:10:5: providers[0].max-servers: expected a whole number, at least -1, found 5.5`],
  },
  {
    title: "a value left out",
    from: "max-servers: 5",
    to: "max-servers:",
    faults: [
      `nodepool.yaml:10:5: providers[0].max-servers: expected a whole number, at least -1, found nothing`,
    ],
  },
  {
    title: "a needed key that is missing",
    from: "    image: debian\n",
    to: "",
    faults: ["nodepool.yaml:2:5: labels[0].image: missing required key"],
  },
  {
    title: "a list where a mapping belongs is told once",
    to: "limits: [1, 2]\n",
    faults: ["nodepool.yaml:16:1: limits: expected a mapping, found a list"],
  },
  {
    title: "a name where a mapping with it belongs",
    from: "    providers:\n      - name: alpha",
    to: "    providers: [alpha]",
    faults: [
      'nodepool.yaml:5:17: labels[0].providers[0]: expected a mapping, found "alpha"; write `name: alpha`',
    ],
  },
  {
    title: "a mapping where a list belongs",
    from: "    providers:\n      - name: alpha",
    to: "    providers: {name: alpha}",
    faults: ["nodepool.yaml:5:5: labels[0].providers: expected a list, found a mapping"],
  },
  {
    title: "a length of time in no known unit",
    from: "max-servers: 5",
    to: "max-servers: 5\n    boot-timeout: 5 fortnights",
    faults: [
      /boot-timeout: expected a duration: seconds, or a text such as 30s, .* found "5 fortnights"$/,
    ],
  },
  {
    title: "a name twice",
    to: "diskimages: [{name: x, elements: [vm]}, {name: x, elements: [vm]}]\n",
    faults: [`nodepool.yaml:16:42: diskimages[1].name: "x" is already the name of diskimage number 1`],
  },
  {
    title: "an image's name twice in a provider",
    from: "    images:\n",
    to: "    images:\n      - {name: debian, base-image: x, min-ram: 1}\n",
    faults: [
      /providers\[0\].images\[1\].name: "debian" is already the name of image number 1$/,
    ],
  },
  {
    title: "a label with an unknown provider",
    from: "      - name: alpha",
    to: "      - name: alhpa",
    faults: [
      `nodepool.yaml:6:9: labels[0].providers[0].name: there is no provider "alhpa"; known: alpha; did you mean "alpha"?`,
    ],
  },
  {
    title: "an image that comes from nowhere",
    from: "        base-image: debian-12\n",
    to: "",
    faults: [/providers\[0\].images\[0\]: missing source of the image: give base-image or diskimage$/],
  },
  {
    title: "a setup script without an image to prepare",
    from: "base-image: debian-12",
    to: "setup: prepare.sh",
    faults: [/images\[0\]: missing source of the image: give base-image for setup to prepare$/],
  },
  {
    title: "an unknown diskimage",
    from: "base-image: debian-12",
    to: "diskimage: debain",
    faults: [/images\[0\].diskimage: there is no diskimage "debain"$/],
  },
  {
    title: "an unknown parent, and parents in a circle",
    to: "diskimages: [{name: a, parent: b}, {name: b, parent: a}, {name: c, parent: d}]\n",
    faults: [
      /diskimages\[0\].parent: its parents form a loop$/,
      /diskimages\[1\].parent: its parents form a loop$/,
      /diskimages\[2\].parent: there is no diskimage "d"$/,
    ],
  },
  {
    title: "no way to choose a flavor",
    from: "        min-ram: 1024\n",
    to: "",
    faults: [/images\[0\].min-ram: missing min-ram \(or flavor-name\)$/],
  },
  {
    title: "a bad cron expression",
    to: `cron: {cleanup: "61 * * * *", check: "* * *", image-update: "0 0 31 2 *"}\n`,
    faults: [
      /cron.cleanup: "61 \* \* \* \*" is not a cron expression: /,
      /cron.check: "\* \* \*" is not a cron expression: it has 3 fields instead of five .*, or six with seconds last$/,
      /cron.image-update: "0 0 31 2 \*" is not a cron expression: it matches no date$/,
    ],
  },
  {
    title: "a word that stands for a cron expression elsewhere",
    to: "cron: {cleanup: hourly}\n",
    faults: [/cron.cleanup: "hourly" is not a cron expression: it has 1 field instead of five /],
  },
  {
    title: "a template with an unknown field, or with half a one",
    to: `targets: [{name: a, hostname: "{label}-{node_id}"}, {name: b, subnode-hostname: "{node_id"}]\n`,
    faults: [
      /targets\[0\].hostname: expected a template whose only fields are \{label.…\}, .* found "\{label\}-\{node_id\}"$/,
      /targets\[1\].subnode-hostname: expected a template/,
    ],
  },
  {
    title: "a volume without a size",
    from: "        min-ram: 1024\n",
    to: "        min-ram: 1024\n        boot-from-volume: true\n",
    faults: [/boot-from-volume: missing volume-size: give the size of the volume in GiB$/],
  },
  {
    title: "a network without a name",
    from: "max-servers: 5",
    to: "max-servers: 5\n    networks: [{public: true}]",
    faults: [/networks\[0\]: missing network: give name or net-id$/],
  },
  {
    title: "a state that is an address alone",
    to: "state: https://kv.example.org/\n",
    faults: [
      /state: an address alone is not a state: give the path of a file, or etcd:https:\/\/HOST:2379\/POOL for a state in etcd/,
    ],
  },
  {
    title: "a state whose word before the addresses is misspelt",
    to: "state: ectd:https://e1.example.org:2379,https://e2.example.org:2379/ci\n",
    faults: [
      /state: an address alone is not a state: .* or etcd:https:\/\/HOST:2379\/POOL for a state in etcd/,
    ],
  },
  {
    title: "addresses that are none",
    to:
      `zmq-publishers: ["http://x"]\ngearman-servers: [{host: x, port: 70000}]\nstatus: {listen: nowhere}\n`,
    faults: [
      /zmq-publishers\[0\]: expected an address such as tcp:/,
      /gearman-servers\[0\].port: expected a whole number, 1 to 65535, found 70000$/,
      /status.listen: expected an address to listen at, e.g. 127.0.0.1:8005, or a list of them, found "nowhere"$/,
    ],
  },
  {
    title: "a word that is none of the known ones",
    to: "log: {level: loud, format: xml}\n",
    faults: [
      /log.level: expected one of debug, info, warning, error, found "loud"$/,
      /log.format: expected one of/,
    ],
  },
  {
    title: "an unquoted boolean where text belongs",
    from: "image: debian\n",
    to: "image: no\n",
    faults: [
      /labels\[0\].image: expected a name .* found no, which YAML reads as false: put it in quotes if it is meant as text$/,
    ],
  },
  {
    title: "a cloud that clouds.yaml does not have",
    from: "cloud: my-cloud",
    to: "cloud: my-clod",
    faults: [
      `nodepool.yaml:9:5: providers[0].cloud: cloud "my-clod" (/etc/openstack/clouds.yaml): no such cloud; known: my-cloud; did you mean "my-cloud"?`,
    ],
  },
  {
    title: "own access keys that are not enough",
    from: "cloud: my-cloud",
    to: "auth-url: https://k/v2.0/\n    project-name: x",
    faults: [/^nodepool.yaml:8:5: providers\[0\]: missing username$/],
  },
  {
    title: "a tab",
    from: "    image: debian",
    to: "\timage: debian",
    faults: [/^nodepool.yaml:3:1: a tab cannot indent YAML; use spaces$/],
  },
  {
    title: "a key twice",
    from: "    image: debian",
    to: "    image: debian\n    image: debian",
    faults: [`nodepool.yaml:4:5: duplicate key "image", first in line 3`],
  },
  {
    title: "a bracket that is not closed",
    to: "cron: [",
    faults: [
      "nodepool.yaml:16:7: is not valid YAML: a bracket opens here and is not closed; close it, and indent its " +
      "lines with spaces",
    ],
  },
  {
    title: "a bracket whose lines are indented by less than its key, or by a tab",
    from: "      - name: alpha\n",
    to: "      [\n\t{name: alpha},\n]\n",
    faults: [
      /^nodepool.yaml:6:7: .* a bracket opens here and is not closed; .* indent its lines with spaces$/,
    ],
  },
  {
    title: "a quote that is not closed, to the end of the file",
    from: "image: debian",
    to: "image: 'debian",
    faults: [
      "nodepool.yaml:3:12: is not valid YAML: a text in quotes begins here and does not end; add the closing quote",
    ],
  },
  {
    title: "a quote that is not closed before the next one",
    from: "cloud: my-cloud",
    to: 'cloud: "my-cloud\n    keypair: "mine"',
    faults: [/^nodepool.yaml:9:12: .* a text in quotes begins here and does not end; add the closing quote$/],
  },
  {
    title: "a template without quotes",
    to: "targets:\n  - name: t\n    hostname: {label.name}-{node_id}\n",
    faults: [
      "nodepool.yaml:18:27: is not valid YAML: something follows a value; put the whole text in quotes",
    ],
  },
  {
    title: "a template without quotes in braces, which upsets the whole rest of the file",
    from: "labels:",
    to: "targets: [{name: t, hostname: {label.name}-{node_id}}]\nlabels:",
    faults: [/^nodepool.yaml:1:43: .* put the whole text in quotes$/],
  },
  {
    title: "cron expressions without quotes",
    to: "cron:\n  check: */15 * * * *\n  cleanup: * * * * *\n",
    faults: [
      /^nodepool.yaml:17:15: .* something follows a value; put the whole text in quotes$/,
      "nodepool.yaml:18:12: is not valid YAML: put a text that begins like this in quotes",
    ],
  },
  {
    title: "a text that begins with a character of YAML's own",
    from: "image: debian",
    to: "image: @debian",
    faults: [/^nodepool.yaml:3:12: .* put a text that begins like this in quotes$/],
  },
  {
    title: "a colon and a blank in a text",
    from: "image: debian",
    to: "image: debian: 12",
    faults: [/^nodepool.yaml:3:12: .* put a text with a colon in quotes, or indent the next line as far as /],
  },
  {
    title: "a blank that is missing after a colon",
    from: "image: debian",
    to: "image:debian",
    faults: [/^nodepool.yaml:3:5: .* a line without a key; write `KEY: VALUE` with a blank after the colon$/],
  },
  {
    title: "blanks that are missing after colons in braces",
    from: "      - name: alpha\n",
    to: "      - {name:alpha}\n",
    faults: [
      "nodepool.yaml:6:9: labels[0].providers[0].name: missing required key",
      "nodepool.yaml:6:10: labels[0].providers[0].name:alpha: unknown key; write a blank after `name:`",
    ],
  },
  {
    title: "a list on the line of its key",
    from: "providers:\n      - name: alpha",
    to: "providers: - name: alpha",
    faults: [/^nodepool.yaml:5:16: .* begin a list on a line of its own, or put the text in quotes$/],
  },
  {
    title: "a backslash in double quotes",
    from: "image: debian",
    to: 'image: "a\\d"',
    faults: [/^nodepool.yaml:3:14: .* invalid escape sequence; write \\\\ for a backslash in double quotes$/],
  },
  {
    title: "an anchor that is not there",
    to: "cron: *nowhere\n",
    faults: [/^nodepool.yaml:16:7: there is no anchor of this name above this line; /],
  },
  {
    title: "an alias that contains itself",
    to: "cron: &a [*a]\n",
    faults: [/an alias here contains itself$/],
  },
  {
    title: "a Python object",
    to: "cron: !!python/object:os.system {}\n",
    faults: [/^nodepool.yaml:16:7: is not plain YAML: a tag has no meaning here; /],
  },
  {
    title: "a second document",
    to: "---\na: 1\n",
    faults: [/^nodepool.yaml:16:1: a second document begins here/],
  },
  { title: "a merge of something else", to: "cron: {<<: [1]}\n", faults: [/`<<` merges only mappings/] },
];

for (const { title, from, to, faults } of cases) {
  Deno.test(`bad input: ${title}`, async () => {
    const text = from === undefined ? good + to : good.replace(from, to);
    assert.notEqual(text, good);
    const found = await faultsOf(text);
    assert.equal(found.length, faults.length, found.join("\n"));
    faults.forEach((fault, index) => {
      if (typeof fault === "string") assert.equal(found[index], fault);
      else assert.match(found[index]!, fault);
    });
  });
}

Deno.test("the configuration that the cases break is right", async () => {
  assert.deepEqual(await faultsOf(good), []);
});

Deno.test("bad input: an empty file, comments alone, a word alone, a list", async () => {
  assert.deepEqual(await faultsOf(""), ["nodepool.yaml: is empty"]);
  assert.deepEqual(await faultsOf("# nothing\n"), ["nodepool.yaml: contains only comments"]);
  assert.deepEqual(await faultsOf("word\n"), [`nodepool.yaml:1:1: expected a mapping, found text`]);
  assert.deepEqual(await faultsOf("- 1\n"), ["nodepool.yaml:1:1: expected a mapping, found a list"]);
});

Deno.test("bad input: aliases that expand to billions, and brackets nested thousands deep", async () => {
  const laughs = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 12; i++) laughs.push(`a${i}: &a${i} [${Array(10).fill(`*a${i - 1}`).join(", ")}]`);
  assert.match((await faultsOf(laughs.join("\n")))[0]!, /aliases make this file far too large$/);
  assert.match((await faultsOf("[".repeat(20_000)))[0]!, /nested too deeply|is not valid YAML/);
});

Deno.test("bad input: everything that is wrong is told at once, in the order of the file", async () => {
  const found = await faultsOf(`
labels:
  - {name: a, image: x, min-ready: lots, providers: [{name: nobody}], extra: 1, more: 2}
providers:
  - {name: p, cloud: absent, max-servers: 1, images: [{name: x}]}
cron: {check: never}
`);
  assert.deepEqual(
    found.map((line) => line.split(": ")[1]),
    [
      "labels[0].extra",
      "labels[0].more",
      "labels[0].min-ready",
      "labels[0].providers[0].name",
      "providers[0].cloud",
      "providers[0].images[0]",
      "providers[0].images[0].min-ram",
      "cron.check",
    ].sort((a, b) =>
      found.findIndex((line) => line.includes(` ${a}: `)) -
      found.findIndex((line) => line.includes(` ${b}: `))
    ),
  );
});
