/** What 2016's daemon started with starts here; what it would have ignored is a warning with its place. */
import assert from "node:assert/strict";
import { formatProblem } from "../../src/config/config_error.ts";
import { configJsonSchema } from "../../src/config/json_schema.ts";
import { nameFields } from "../../src/domain/name_fields.ts";
import { fillTemplate } from "../../src/domain/template.ts";
import { faultsOf, parse } from "./fake_environment.ts";

/** The warnings, without the file's name. */
async function warningsOf(text: string): Promise<string[]> {
  const { warnings } = await parse(text);
  return warnings.map((warning) => formatProblem(warning).replace("nodepool.yaml:", ""));
}

/** One label on two providers, one of which has its image; `images` are further ones of the other. */
const twoProviders = ({ images = "", more = "" } = {}) =>
  `labels:
  - {name: small, image: debian, min-ready: 2, providers: [{name: alpha}, {name: beta}]}
providers:
  - {name: alpha, cloud: my-cloud, max-servers: 5, images: [{name: debian, base-image: x, min-ram: 1}]}
  - {name: beta, cloud: my-cloud, max-servers: 5, images: [{name: fedora, base-image: y, min-ram: 1}${images}]}
${more}`;

Deno.test("a provider that lacks a label's image is left out of the label, with a warning", async () => {
  const { config } = await parse(twoProviders());
  assert.deepEqual(config.labels[0]!.providers, ["alpha"]);
  assert.deepEqual(await warningsOf(twoProviders()), [
    `2:76: labels[0].providers[1].name: provider "beta" has no image "debian" and is left out of this label; ` +
    `its images: fedora`,
  ]);
});

Deno.test("what a label keeps ready is held against the providers that have its image", async () => {
  const text = twoProviders().replace("min-ready: 2", "min-ready: 7");
  const capacity = (await warningsOf(text)).find((line) => line.includes("keeps"));
  assert.match(
    capacity!,
    /min-ready: keeps 7 servers ready, but its providers together hold at most 5$/,
  );
});

Deno.test("a label none of whose providers has its image is left without any, with a warning for each", async () => {
  const text = twoProviders().replace("image: debian", "image: ubuntu");
  assert.deepEqual((await parse(text)).config.labels[0]!.providers, []);
  const told = (await warningsOf(text)).filter((line) => line.includes("left out"));
  assert.equal(told.length, 2);
});

Deno.test("an image whose diskimage is not defined and that no enabled label needs is left out", async () => {
  const images = ", {name: old, diskimage: old, min-ram: 1}";
  const disabled = `  - {name: was, image: old, min-ready: -1, providers: [{name: beta}]}\n`;
  const elsewhere = `  - {name: was, image: old, min-ready: 0, providers: [{name: alpha}]}\n`;
  for (const label of ["", disabled, elsewhere]) {
    const text = twoProviders({ images }).replace("providers:\n", `${label}providers:\n`);
    const { config } = await parse(text);
    assert.deepEqual(config.providers[1]!.images.map(({ name }) => name), ["fedora"]);
    const told = (await warningsOf(text)).filter((line) => line.includes("images[1].diskimage"));
    assert.equal(told.length, 1);
    assert.match(told[0]!, /there is no diskimage "old"; no label needs this image, so it is skipped$/);
    if (label === disabled) assert.deepEqual(config.labels.at(-1)!.providers, []);
  }
});

Deno.test("an image whose diskimage is not defined is an error where an enabled label needs it", async () => {
  const text = twoProviders({ images: ", {name: debian, diskimage: old, min-ram: 1}" });
  assert.match((await faultsOf(text))[0]!, /images\[1\].diskimage: there is no diskimage "old"$/);
});

Deno.test("metadata that Nova does not take is ignored as a whole, with a warning", async () => {
  const long = "x".repeat(256);
  const cases = {
    "a: 1, b: 2, c: 3, d: 4, e: 5, f: 6": /images\[1\].meta: has 6 entries; .*, so all are ignored$/,
    [`a: ${long}, b: 2`]: /images\[1\].meta.a: has 256 characters; .*, so all entries are ignored$/,
  };
  for (const [meta, told] of Object.entries(cases)) {
    const text = twoProviders({ images: `, {name: i, base-image: z, min-ram: 1, meta: {${meta}}}` });
    assert.deepEqual((await parse(text)).config.providers[1]!.images[1]!.meta, {});
    assert.match((await warningsOf(text)).at(-1)!, told);
  }
});

Deno.test("cron expressions of 2016's scheduler load; where it took them for other times, a notice says so", async () => {
  const told = async (expression: string) => {
    const { notices } = await parse(`${twoProviders()}cron: {check: "${expression}"}\n`);
    return notices.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
  };
  assert.deepEqual(await told("*/15 * last * * "), []);
  assert.deepEqual(await told("5/20 1 * * mon-fri"), []);
  assert.deepEqual(await told("0 1 * * * 30"), ["6:8 cron.check: the sixth field is seconds, as in 2016"]);
  assert.deepEqual(await told("0 1 1 jan 0"), [
    "6:8 cron.check: days of the week count from Sunday (0); in 2016 they counted from Monday",
    "6:8 cron.check: runs only in these months; in 2016 it ran in every month",
    "6:8 cron.check: runs when the day or the day of the week matches; in 2016 both had to match",
  ]);
});

Deno.test("keys that Nodepool once had have no effect, whatever stands there, and each is a warning", async () => {
  const text = `
zookeeper-servers: [{host: zk.example.org, port: 2181}]
cron: {update-image: "14 2 * * *"}
nodepoold: {delete-delay: 600}
diskimages: [{name: d, elements: [vm], qemu-img-options: compat=0.10}]
providers:
  - name: p
    cloud: my-cloud
    max-servers: 1
    use-neutron: yes
    api_timeout: 60
    image-api-use-tasks: true
    nodepool-id: here
    images: [{name: i, base-image: x, min-ram: 1, reset: reset_node.sh}]
targets: [{name: t, images: [{name: i, min-ready: 2}]}]
`;
  const told = (await warningsOf(text)).filter((line) => line.includes("no effect"));
  assert.deepEqual(told, [
    "2:1: zookeeper-servers: no effect: builders and launchers are one process, which needs no ZooKeeper",
    "3:8: cron.update-image: no effect: the key is image-update",
    "4:1: nodepoold: no effect: how long a node is kept after its job is limits.delete-delay",
    "5:40: diskimages[0].qemu-img-options: no effect: qcow2 files are made with compat=0.10",
    "10:5: providers[0].use-neutron: no effect: networks are always Neutron's",
    "11:5: providers[0].api_timeout: no effect: the key is api-timeout",
    "12:5: providers[0].image-api-use-tasks: no effect: the cloud itself says how images are imported",
    "13:5: providers[0].nodepool-id: no effect: servers carry the id of the installation",
    "14:51: providers[0].images[0].reset: no effect: a node is used once",
    "15:21: targets[0].images: no effect: labels say what is kept ready",
  ]);
});

Deno.test("images boot with the keypair that their key-name says, else with the provider's", async () => {
  const { config } = await parse(`
labels: [{name: a, image: a, min-ready: 0, providers: [{name: p}]}]
providers:
  - name: p
    cloud: my-cloud
    max-servers: 1
    keypair: ours
    images:
      - {name: a, base-image: x, min-ram: 1, key-name: own}
      - {name: b, base-image: x, min-ram: 1}
`);
  assert.deepEqual(config.providers[0]!.images.map(({ keypair }) => keypair), ["own", "ours"]);
});

Deno.test("a key that Nodepool once had is never suggested, and nowhere else allowed", async () => {
  const image = "{name: i, base-image: x, min-ram: 1, use-neutron: 1}";
  const [ofProvider, ofImage] = await faultsOf(
    `providers: [{name: p, cloud: my-cloud, max-servers: 1, use-neutrno: 1, images: [${image}]}]\n`,
  );
  assert.match(ofProvider!, /use-neutrno: unknown key; known: (?!.*use-neutron)/);
  assert.match(ofImage!, /use-neutron: unknown key/);
});

Deno.test("editors are told that a key is a former one", () => {
  const { properties } = configJsonSchema();
  assert.deepEqual(properties!["zookeeper-servers"], {
    deprecated: true,
    description: "No effect: builders and launchers are one process, which needs no ZooKeeper.",
  });
});

Deno.test("templates take every field of label, provider and image, the time, and format specifications", async () => {
  const text = `${twoProviders()}targets:
  - name: t
    hostname: "{label.name:.3}-{provider.region_name}-{image.min_ram}-{node_id:0>10}-{timestamp}"
    subnode-hostname: "{label.subnodes}-{provider.max_servers:03d}-{subnode_id!s:0>4}"
`.replace(
    "max-servers: 5,",
    `max-servers: 5, template-hostname: "{image.username}-{provider.name}-{timestamp:.8}",`,
  );
  const { config, warnings } = await parse(text);
  const [label, [provider], [target]] = [config.labels[0]!, config.providers, config.targets];
  const [image] = provider!.images;
  const fields = nameFields({ label, provider: provider!, image: image!, timestamp: 1_466_000_000 });
  const filled = [target!.hostname, target!.subnodeHostname, provider!.templateHostname].map((template) =>
    fillTemplate(template, { ...fields, node_id: 7, subnode_id: 8 })
  );
  assert.deepEqual(filled, [
    "sma-RegionOne-1-0000000007-1466000000",
    "0-005-0008",
    "jenkins-alpha-14660000",
  ]);
  assert.ok(!warnings.some(({ path }) => path.startsWith("targets")));
  for (
    const wrong of ["{provider.password}", "{label.nmae}", "{node_id:q}", "{subnode_id}", "{0}", "{node_id"]
  ) {
    const [fault] = await faultsOf(`${twoProviders()}targets: [{name: t, hostname: "${wrong}"}]\n`);
    assert.match(
      fault!,
      /^nodepool.yaml:6:21: targets\[0\].hostname: expected a template whose only fields are /,
    );
  }
});

Deno.test("an optional key with nothing behind it is not given, as in 2016", async () => {
  const text = `labels:
  - {name: small, image: i, min-ready: 0, providers: [{name: p}], ready-script: }
script-dir:
providers:
  - name: p
    cloud:
    pool:
    keypair:
    max-servers: 1
    images:
      - {name: i, base-image: x, min-ram: 1, name-filter: , diskimage: , setup: , meta: }
diskimages: [{name: d, elements: [vm], release: }]
`;
  const { config, warnings } = await parse(text);
  const [provider] = config.providers;
  assert.deepEqual([provider!.access.name, provider!.pool, provider!.keypair], ["my-cloud", null, null]);
  assert.deepEqual([provider!.images[0]!.baseImage, provider!.images[0]!.nameFilter], ["x", null]);
  assert.deepEqual([config.scriptDir, config.diskimages[0]!.release, warnings], [null, null, []]);
});

Deno.test("a key that is needed is missing where nothing stands behind it", async () => {
  const image = "{name: i, base-image: , min-ram: }";
  const found = await faultsOf(
    `providers: [{name: p, cloud: my-cloud, max-servers: 1, images: [${image}]}]\n`,
  );
  assert.deepEqual(found.map((line) => line.split(": ").slice(1).join(": ")), [
    "providers[0].images[0]: missing source of the image: give base-image or diskimage",
    "providers[0].images[0].min-ram: missing min-ram (or flavor-name)",
  ]);
});
