/** First configurations for clouds of many kinds are valid, fit their cloud, and are refused where none could. */
import assert from "node:assert/strict";
import type { WholeCloud } from "../../src/cloud/cloud.ts";
import type { Call } from "../../src/lib/call.ts";
import { CloudError } from "../../src/domain/cloud_error.ts";
import type { GivenAnswers } from "../../src/domain/first_config.ts";
import type { SimulatorInput } from "../../src/simulator/settings.ts";
import { generateKey } from "../../src/ssh/generate_key.ts";
import { editorFaults } from "../config/editor_schema.ts";
import { topicTexts } from "../../src/manual/topics.ts";
import { blocksOf } from "../readme/document.ts";
import { FirstBench } from "./first_bench.ts";

type Clouds = NonNullable<SimulatorInput["clouds"]>;
type CloudInput = Clouds[number];

interface Case {
  readonly name: string;
  readonly cloud: CloudInput;
  readonly given?: Partial<GivenAnswers>;
  readonly expected: RegExp;
}

const many = Array.from({ length: 500 }, (_, index) => ({ name: `service-${index}` }));

const good: readonly Case[] = [
  { name: "a plain cloud", cloud: {}, expected: /base-image: ubuntu-24\.04 .*\n.*flavor-name: m1\.small/ },
  {
    name: "a cloud with private networks only",
    cloud: { networks: [{ name: "inner" }, { name: "other" }] },
    expected: /- name: inner\n {4}auto-floating-ip: false/,
  },
  {
    name: "servers that answer SSH at another port",
    cloud: {},
    given: { connectionPort: 2200 },
    expected: /private-key: .*\n {8}connection-port: 2200 # where servers answer SSH\n$/,
  },
  {
    name: "a cloud whose servers are attached to the external network",
    cloud: { networks: [{ name: "Ext-Net", external: true, attachable: true }] },
    expected: /- name: Ext-Net\n {8}public: true/,
  },
  {
    name: "a cloud of whose networks a router leads from the second only",
    cloud: { personality: "tenant" },
    expected: /- name: tenant$/m,
  },
  {
    name: "a cloud without networks",
    cloud: { networks: [] },
    expected: /the key below belongs to it\n {4}images:/,
  },
  {
    name: "a cloud with two networks of one name",
    cloud: { networks: [{ name: "twin", id: "a1" }, { name: "twin", id: "b2" }] },
    expected: /- net-id: a1/,
  },
  {
    name: "a cloud with 500 images of services and one of a distribution",
    cloud: { images: [...many, { name: "Rocky-9-GenericCloud" }] },
    expected: /username: rocky/,
  },
  {
    name: "an image that says who logs in",
    cloud: { images: [{ name: "golden", properties: { os_admin_user: "operator" } }] },
    expected: /username: operator/,
  },
  {
    name: "an image whose user somebody gives",
    cloud: { images: [{ name: "golden" }, { name: "silver" }] },
    given: { image: "silver", username: "root" },
    expected: /base-image: silver .*\n.*\n *username: root/,
  },
  {
    name: "an image that is larger than the small flavors",
    cloud: { images: [{ name: "debian-12", minDisk: 30, minRam: 1024 }] },
    expected: /flavor-name: m1\.medium/,
  },
  {
    name: "CirrOS, for which the smallest flavor is large enough",
    cloud: { images: [{ name: "cirros-0.6.2" }] },
    expected: /flavor-name: m1\.tiny\n {8}username: cirros/,
  },
  {
    name: "flavors without a disk",
    cloud: {
      flavors: [{ name: "v1", vcpus: 1, ram: 2048, disk: 0 }],
      images: [{ name: "debian-12", minDisk: 12 }],
    },
    expected: /boot-from-volume: true .*\n {8}volume-size: 12 # GiB/,
  },
  {
    name: "a small quota",
    cloud: { quotas: { instances: 3, cores: 20 } },
    expected: /min-ready: 2 (.|\n)*max-servers: 3 /,
  },
  {
    name: "a quota with room for one server",
    cloud: { quotas: { ram: 3000 } },
    expected: /min-ready: 1 (.|\n)*max-servers: 1 /,
  },
  ...[
    "yes",
    "1.10",
    "2016-01-01",
    "null",
    "~",
    "on",
    "0x1F",
    "1_000",
    "12:30",
    ".5",
    "# a",
    "a: b",
    "- x",
    "*x",
    "&x",
    "!x",
    "%x",
    "@x",
    "`x`",
    "{x}",
    "[x]",
    "x'y\"z\\",
    "Ünïcödé 日本 🐧",
    "a\tb",
    "\u0085\u2028x",
    "<<",
    "=",
    "--- x",
  ]
    .map((odd): Case => ({
      name: `names such as ${JSON.stringify(odd)}`,
      cloud: {
        images: [{ name: odd }],
        flavors: [{ name: odd, id: "f1", vcpus: 1, ram: 2048, disk: 20 }],
        networks: [{ name: odd }],
      },
      given: { username: "debian" },
      expected: /base-image: /,
    })),
];

for (const { name, cloud, given = {}, expected } of good) {
  Deno.test(`a first configuration fits ${name}`, async () => {
    await using bench = await FirstBench.open([{ name: "my-cloud", ...cloud }]);
    const made = await bench.make({ given });
    const text = await bench.text();
    assert.match(text, expected);
    assert.deepEqual(editorFaults(text), [], "editors find no fault");
    const expectedTroubles = cloud.networks?.length === 0 ? ["network"] : [];
    assert.deepEqual((await bench.troubles()).map(({ check }) => check), expectedTroubles);
    const { labels: [label], providers: [provider] } = await bench.load();
    assert.equal(label!.name, made.label);
    const [image] = provider!.images;
    if (cloud.images?.length === 1) assert.equal(image!.baseImage, cloud.images[0]!.name);
    if (cloud.flavors?.length === 1) assert.equal(image!.flavorName, cloud.flavors[0]!.name);
    if (cloud.networks?.length === 1) assert.equal(provider!.networks[0]!.name, cloud.networks[0]!.name);
  });
}

interface Refusal {
  readonly name: string;
  readonly clouds: Clouds;
  readonly given?: Partial<GivenAnswers>;
  readonly cloudsYaml?: (text: string) => string | null;
  readonly message: RegExp;
}

const refusals: readonly Refusal[] = [
  {
    name: "no clouds.yaml",
    clouds: [{}],
    cloudsYaml: () => null,
    message:
      /^no cloud is known: looked for .*clouds\.yaml.*; write a clouds\.yaml as `nodepool manual first configuration`/,
  },
  {
    name: "a clouds.yaml without clouds",
    clouds: [{}],
    cloudsYaml: () => "clouds: {}\n",
    message: /^no cloud is known/,
  },
  {
    name: "several clouds of which none is named",
    clouds: [{ name: "alpha" }, { name: "beta" }],
    message: /^clouds.yaml has several clouds: name one with --cloud \(alpha, beta\)$/,
  },
  {
    name: "a cloud that there is not",
    clouds: [{ name: "alpha" }, { name: "beta" }],
    given: { cloud: "alfa" },
    message: /^there is no cloud alfa; did you mean alpha\?$/,
  },
  {
    name: "a cloud whose entry is incomplete",
    clouds: [{}],
    cloudsYaml: (text) => text.replace(/auth_url: .*/, "user_id: x"),
    message: /missing auth.auth_url/,
  },
  {
    name: "no images",
    clouds: [{ images: [] }],
    message: /^simulator has no image to boot from: upload one/,
  },
  {
    name: "no image whose user is known",
    clouds: [{ images: [{ name: "golden" }] }],
    message:
      /^cannot tell which user logs in to any image of simulator: name an image with --image and its user with --username$/,
  },
  {
    name: "an image whose user is not known",
    clouds: [{ images: [{ name: "golden" }] }],
    given: { image: "golden" },
    message: /^cannot tell which user logs in to the image golden: name one with --username$/,
  },
  {
    name: "a flavor that there is not",
    clouds: [{}],
    given: { flavor: "m1.smal" },
    message: /^there is no flavor m1\.smal; did you mean m1\.small\?$/,
  },
  {
    name: "an image that no flavor holds",
    clouds: [{ images: [{ name: "debian-12", minDisk: 999 }] }],
    message:
      /^no flavor of simulator is large enough for the image debian-12, which needs 0 MiB and 999 GiB of disk/,
  },
  {
    name: "a quota of zero",
    clouds: [{ quotas: { instances: 0 } }],
    message:
      /^the quota of simulator has no room for a server of the flavor m1\.small \(instances 0\/0\): raise it/,
  },
];

for (const { name, clouds, given, cloudsYaml, message } of refusals) {
  Deno.test(`no first configuration is written for ${name}`, async () => {
    await using bench = await FirstBench.open(clouds, cloudsYaml);
    const error = await bench.make({ given }).then(() => null, (error) => error as Error);
    assert.match(error?.message ?? "", message);
    assert.deepEqual(bench.files(), []);
  });
}

Deno.test("a first configuration never takes the place of a file, and asks no cloud then", async () => {
  await using bench = await FirstBench.open([{}]);
  await Deno.writeTextFile(bench.configFile, "mine");
  await assert.rejects(
    bench.make(),
    /cannot write .*nodepool\.yaml: it exists already; name another file with --output/,
  );
  assert.deepEqual([await bench.text(), bench.files(), bench.said], ["mine", ["nodepool.yaml"], ""]);
});

Deno.test("a first configuration that the cloud gives no keypair for leaves no file behind", async () => {
  await using bench = await FirstBench.open([{}]);
  const refused = new CloudError("quota", "create a keypair: quota exceeded");
  await assert.rejects(
    bench.make({ change: () => ({ createKeypair: () => Promise.reject(refused) }) }),
    refused,
  );
  assert.deepEqual(bench.files(), []);
});

Deno.test("a first configuration has no secret, names the schema beside it, and its key is its user's alone", async () => {
  await using bench = await FirstBench.open([{ password: "hunter2" }]);
  const made = await bench.make();
  assert.deepEqual(bench.files(), ["id_ed25519", "id_ed25519.pub", "nodepool.schema.json", "nodepool.yaml"]);
  const text = await bench.text();
  assert.doesNotMatch(text, /hunter2/);
  assert.match(text, /^# yaml-language-server: \$schema=nodepool\.schema\.json\n/);
  assert.equal((await Deno.stat(`${bench.folder}/id_ed25519`)).mode! & 0o777, 0o600);
  assert.deepEqual([made.isNewKey, made.isNewKeypair, made.keypair], [true, true, "nodepool"]);
  assert.equal((await bench.load()).state, `${bench.folder}/nodepool.kv`);
});

Deno.test("a first configuration takes a keypair whose private key is here; other keypairs stay as they are", async () => {
  await using bench = await FirstBench.open([{}]);
  const [own, foreign] = [await generateKey(), await generateKey()];
  await Deno.mkdir(`${bench.folder}/.ssh`);
  await Deno.writeTextFile(`${bench.folder}/.ssh/id_ed25519`, own.private, { mode: 0o600 });
  const cloud = bench.simulator.clouds.get("simulator");
  cloud!.createKeypair("nodepool", `${foreign.public} somebody`);
  const registered = await bench.make({ given: { keypair: "new" } });
  assert.deepEqual([registered.keypair, registered.isNewKey], ["nodepool-2", true]);
  await Deno.remove(bench.configFile);
  await Deno.remove(`${bench.folder}/id_ed25519`);
  cloud!.createKeypair("marias", `${own.public} maria@desk`);
  const made = await bench.make();
  assert.deepEqual([made.keypair, made.privateKey], ["marias", `${bench.folder}/.ssh/id_ed25519`]);
  assert.deepEqual(await bench.troubles(), []);
});

Deno.test("a first configuration is for the cloud that --cloud names, else for the one of OS_CLOUD", async () => {
  await using bench = await FirstBench.open([{ name: "alpha" }, { name: "beta" }]);
  await assert.rejects(bench.make(), /several clouds: name one with --cloud/);
  bench.variables.OS_CLOUD = "gamma";
  await assert.rejects(bench.make(), /no cloud gamma, which OS_CLOUD names: name one with --cloud \(alpha/);
  bench.variables.OS_CLOUD = "beta";
  assert.equal((await bench.make()).cloud, "beta");
  assert.deepEqual(await bench.troubles(), []);
  await Deno.remove(bench.configFile);
  assert.equal((await bench.make({ given: { cloud: "alpha" } })).cloud, "alpha");
});

Deno.test("a first configuration is for no other cloud than OS_CLOUD names, even if there is one alone", async () => {
  await using bench = await FirstBench.open([{ name: "alpha" }]);
  bench.variables.OS_CLOUD = "gamma";
  await assert.rejects(bench.make(), /no cloud gamma, which OS_CLOUD names: name one with --cloud \(alpha\)/);
});

Deno.test("a cloud whose name YAML takes for something else is named as it is", async () => {
  for (const odd of ["yes", "1.10", "a b", "日本"]) {
    await using bench = await FirstBench.open(
      [{ name: "plain" }],
      (text) => text.replace("plain:", `${JSON.stringify(odd)}:`),
    );
    await bench.make();
    assert.equal((await bench.load()).providers[0]!.access.name, odd);
    assert.deepEqual(await bench.troubles(), [], odd);
  }
});

Deno.test("where servers are on this machine, the port at which simulated ones answer SSH is named, not written", async () => {
  await using bench = await FirstBench.open([{}]);
  await bench.make();
  assert.match(bench.said, /--connection-port 2222/);
  assert.doesNotMatch(await bench.text(), /connection-port/);
  await using given = await FirstBench.open([{}]);
  await given.make({ given: { connectionPort: 22 } });
  assert.doesNotMatch(given.said, /--connection-port/);
});

Deno.test("servers of a cloud on other machines answer SSH at the usual port", async () => {
  await using bench = await FirstBench.open([{}]);
  const change = (cloud: WholeCloud) => ({
    listNetworks: async (call: Call) =>
      (await cloud.listNetworks(call)).map((network) => ({ ...network, ranges: ["10.0.0.0/24"] })),
  });
  await bench.make({ change });
  assert.doesNotMatch(bench.said + await bench.text(), /connection-port/);
});

Deno.test("the README shows the first configuration as it is made", async () => {
  const block = blocksOf(topicTexts.start!).find(({ language }) => language === "yaml")!;
  const network = { name: "private", subnet: null };
  await using bench = await FirstBench.open([{
    name: "my-cloud",
    images: [{ name: "debian-12" }],
    networks: [network],
  }]);
  await bench.make();
  const made = (await bench.text()).replaceAll(`"${bench.folder}/id_ed25519"`, "/home/ci/my-pool/id_ed25519")
    .replaceAll(/^ *auto-floating-ip: .*\n/gm, "");
  assert.equal(
    made.slice(made.indexOf("\nlabels:") + 1),
    block.text,
  );
});
