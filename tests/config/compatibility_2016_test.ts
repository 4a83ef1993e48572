import assert from "node:assert/strict";
import { parseConfig } from "../../src/config/parse_config.ts";
import { parseSecureFile } from "../../src/config/secure_file.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { fakeEnvironment, faultsOf, parse } from "./fake_environment.ts";

const text = await Deno.readTextFile(new URL("./nodepool_2016.yaml", import.meta.url));
const secure = `[database]
dburi: mysql+pymysql://nodepool:dbsecret@localhost/nodepool

[jenkins "jenkins01"]
url=https://jenkins01.example.org/
user: nodepool
apikey = 0123
credentials: 1c9b
`;

function load() {
  const secrets = parseSecureFile(secure, "secure.conf");
  return parseConfig(text, { file: "nodepool.yaml", environment: fakeEnvironment(), secrets });
}

Deno.test("a file in 2016's style loads", async () => {
  const { config } = await load();
  assert.deepEqual(config.labels.map(({ name, minReady, subnodes }) => [name, minReady, subnodes]), [
    ["ubuntu-trusty", 10, 0],
    ["ubuntu-trusty-2-node", 0, 1],
    ["bare-centos7", 2, 0],
    ["retired", -1, 0],
  ]);
  assert.deepEqual(config.cron, { imageUpdate: "14 14 * * *", cleanup: "* * * * *", check: "*/15 * * * *" });
  assert.deepEqual(config.gearmanServers, [{ host: "zuul.example.org", port: 4730 }]);
  assert.equal(config.zmqPublishers.length, 2);
});

Deno.test("2016's seconds become milliseconds, its defaults stay what they were", async () => {
  const [north, south] = (await load()).config.providers;
  assert.deepEqual([north!.rate, south!.rate], [1, 100]);
  assert.deepEqual([north!.bootTimeout, south!.bootTimeout], [2 * MINUTE, MINUTE]);
  assert.deepEqual([north!.launchTimeout, south!.launchTimeout], [HOUR, 15 * MINUTE]);
  assert.deepEqual([north!.maxServers, south!.maxServers], [184, 100]);
  const [image] = south!.images;
  assert.deepEqual([image!.username, image!.userHome, image!.connectionPort], [
    "jenkins",
    "/home/jenkins",
    22,
  ]);
});

Deno.test("2016's own access keys make a password login in the default domain", async () => {
  const { access } = (await load()).config.providers[0]!;
  assert.equal(access.authUrl, "https://identity.north.example.org/v2.0/");
  assert.deepEqual(access.auth, {
    method: "password",
    userId: null,
    username: "nodepool",
    userDomain: { id: "default", name: null },
    password: "north-secret",
  });
  assert.deepEqual(access.scope, {
    kind: "project",
    id: "637776",
    name: null,
    domain: { id: "default", name: null },
  });
  assert.equal(access.regionName, "DFW");
  assert.deepEqual([access.serviceTypes, access.serviceNames], [{ compute: "compute" }, {
    compute: "cloudServersOpenStack",
  }]);
});

Deno.test("2016's networks are found by id, by label or by name", async () => {
  const [north, south] = (await load()).config.providers;
  assert.deepEqual(north!.networks, [
    { id: "b6596f90-914a-41e9-b01a-223d90b86e8d", name: null, label: null, public: false },
    { id: null, name: "storage", label: "storage", public: false },
  ]);
  assert.deepEqual(south!.networks.map((network) => [network.name, network.public]), [
    ["private", false],
    ["public", true],
  ]);
});

Deno.test("a release may be a number, and a diskimage gets the formats of its providers", async () => {
  const [trusty, fedora] = (await load()).config.diskimages;
  assert.deepEqual([trusty!.release, fedora!.release], ["trusty", "22"]);
  assert.deepEqual([trusty!.formats, fedora!.formats], [["raw"], ["qcow2"]]);
  assert.deepEqual([trusty!.buildTimeout, trusty!.rebuildAge], [8 * HOUR, 24 * HOUR]);
});

Deno.test("the secrets file completes a target's Jenkins", async () => {
  const [jenkins01, zuul] = (await load()).config.targets;
  assert.deepEqual(jenkins01!.jenkins, {
    url: "https://jenkins01.example.org/",
    user: "nodepool",
    apiKey: "0123",
    credentialsId: "1c9b",
    testJob: "node-test",
  });
  assert.deepEqual([jenkins01!.rate, zuul!.jenkins, zuul!.assignViaGearman], [2 * SECOND, null, true]);
});

Deno.test("what a 2016 file asks for and has no effect any more is told", async () => {
  const { notices } = await load();
  assert.deepEqual(notices.map(({ path }) => path), ["dburi"]);
});

Deno.test("numbers may stand as text and text as numbers", async () => {
  const { config } = await parse(`
labels: [{name: 12.10, image: 7, min-ready: "3", providers: [{name: p}]}]
providers:
  - {name: p, cloud: my-cloud, max-servers: "0x10", images: [{name: 7, base-image: 2016-01-01, min-ram: "1_024"}]}
`);
  assert.deepEqual([config.labels[0]!.name, config.labels[0]!.image, config.labels[0]!.minReady], [
    "12.10",
    "7",
    3,
  ]);
  assert.equal(config.providers[0]!.maxServers, 16);
  assert.deepEqual(config.providers[0]!.images.map(({ baseImage, minRamMib }) => [baseImage, minRamMib]), [
    ["2016-01-01", 1024],
  ]);
});

Deno.test("anchors can be defined under keys that begin with x-, which nothing else reads", async () => {
  const { config, warnings } = await parse(`x-defaults:
  - &debian { base-image: debian-12, min-ram: 1024 }
x-zones: &zones [a, b]
providers:
  - name: one
    cloud: my-cloud
    max-servers: 1
    availability-zones: *zones
    images: [{ <<: *debian, name: debian }]
labels: [{ name: small, image: debian, providers: [{ name: one }] }]
`);
  assert.deepEqual(config.providers[0]!.availabilityZones, ["a", "b"]);
  assert.equal(config.providers[0]!.images[0]!.baseImage, "debian-12");
  assert.deepEqual(warnings.filter(({ path }) => path.startsWith("x-")), []);
});

Deno.test("anchors, aliases and merge keys work, an own key wins over a merged one", async () => {
  const { config } = await parse(`
labels:
  - &label {name: a, image: i, min-ready: 1, providers: &all [{name: p}]}
  - {<<: *label, name: b}
  - {<<: [{min-ready: 5}, *label], name: c}
providers: [{name: p, cloud: my-cloud, max-servers: 9, images: [{name: i, base-image: x, min-ram: 1}]}]
`);
  assert.deepEqual(config.labels.map(({ name, minReady, providers }) => [name, minReady, providers]), [
    ["a", 1, ["p"]],
    ["b", 1, ["p"]],
    ["c", 5, ["p"]],
  ]);
});

Deno.test("a provider that names no cloud means the only one there is, as in 2016", async () => {
  const text = "providers: [{name: p, max-servers: 1}]\nlabels: []\n";
  const { config, notices } = await parse(text);
  assert.equal(config.providers[0]!.access.name, "my-cloud");
  assert.match(notices[0]!.message, /names no cloud; using "my-cloud", /);
  assert.match(
    (await faultsOf(text, { files: { "/etc/openstack/clouds.yaml": "clouds: {a: {}, b: {}}" } }))[0]!,
    /missing cloud: give/,
  );
});
