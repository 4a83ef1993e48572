/**
 * Files as the Nodepool of late 2016 read them, whose builder was a process of its own: with the features of its own
 * production configuration and of its tests' files. They validate; what its validator refused does not.
 */
import assert from "node:assert/strict";
import { formatProblem } from "../../src/config/config_error.ts";
import { faultsOf, parse } from "./fake_environment.ts";

const provider = (name: string, more = "") => `
  - name: ${name}
    region-name: 'north'
    service-type: 'compute'
    service-name: 'cloudServers'
    username: '<%= username %>'
    password: '<%= password %>'
    project-id: '<%= project %>'
    auth-url: 'https://identity.example.com/v2.0/'
    boot-timeout: 120
    max-servers: 184
    rate: 0.001
    images:
      - name: jessie
        pause: False
        min-ram: 8192
        username: jenkins
        user-home: /home/jenkins
        private-key: /home/nodepool/.ssh/id_rsa
${more}`;

const production = `
elements-dir: /etc/nodepool/elements
images-dir: /opt/images
cron:
  cleanup: '*/1 * * * *'
  check: '*/15 * * * *'
zmq-publishers:
  - tcp://ci01.example.org:8888
  - tcp://ci02.example.org:8888
gearman-servers:
  - host: queue.example.org
zookeeper-servers:
  - host: zk1.example.org
    port: 2181
    chroot: /pool
labels:
  - name: jessie
    image: jessie
    ready-script: configure_mirror.sh
    min-ready: 1
    providers: [{name: one}, {name: two}]
  - name: jessie-2-node
    image: jessie
    ready-script: multinode_setup.sh
    subnodes: 1
    min-ready: 0
    providers: [{name: one}, {name: two}]
providers:${provider("one")}${provider("two")}
targets:
  - name: queue
diskimages:
  - name: jessie
    pause: False
    elements: [debian, vm, pool-base]
    release: jessie
    rebuild-age: 3600
    env-vars:
      TMPDIR: /opt/dib_tmp
      DIB_IMAGE_CACHE: /opt/dib_cache
      QEMU_IMG_OPTIONS: compat=0.10
`;

const inTests = `
elements-dir: .
images-dir: '/tmp/images'
cron: {check: '*/15 * * * *', cleanup: '* * * * * *', image-update: '14 2 * * *'}
zmq-publishers: [tcp://localhost:8881]
gearman-servers: [{host: localhost, port: 4730}]
zookeeper-servers: [{host: localhost, port: 2181, chroot: /np}]
labels:
  - {name: small, image: fake, min-ready: 2, providers: [{name: p1}, {name: p2}]}
  - {name: many, image: fake, subnodes: 2, ready-script: multinode.sh, providers: [{name: p1}]}
  - {name: idle, image: fake, min-ready: -1, providers: [{name: p1}]}
providers:
  - name: p1
    region-name: fake-region
    keypair: 'if-present-use-this-keypair'
    username: 'fake'
    password: 'fake'
    auth-url: 'fake'
    project-id: 'fake'
    max-servers: 96
    pool: 'fake'
    image-type: vhd
    availability-zones: [az1, az2]
    ipv6-preferred: True
    clean-floating-ips: true
    nodepool-id: foo
    networks: [{net-id: 'some-uuid'}, {net-label: 'label', public: true}, {name: n}]
    rate: 0.0001
    images: [{name: fake, min-ram: 8192, name-filter: 'Fake', meta: {key: value, key2: value}}]
  - name: p2
    cloud: my-cloud
    max-servers: 1
    rate: 0.0001
    images: [{name: fake, base-image: 'Fake Precise', min-ram: 8192, setup: prepare.sh}]
targets:
  - name: t
    jenkins: {url: 'https://jenkins.example.org/', user: fake, apikey: fake}
diskimages:
  - {name: fake, elements: [fedora, vm], release: 21, env-vars: {BASE_IMAGE_FILE: a.qcow2, SHOULD_FAIL: 'true'}}
`;

Deno.test("a production configuration of late 2016 validates, and its images are the diskimages of their names", async () => {
  const { config } = await parse(production);
  for (const { images, access } of config.providers) {
    assert.deepEqual(images.map(({ name, diskimage, baseImage }) => [name, diskimage, baseImage]), [
      ["jessie", "jessie", null],
    ]);
    assert.equal(access.name.length > 0, true);
  }
  assert.deepEqual(config.labels.map(({ subnodes }) => subnodes), [0, 1]);
});

Deno.test("files in the manner of Nodepool's own tests validate", async () => {
  const { config, warnings } = await parse(inTests);
  assert.deepEqual(config.providers.map(({ images: [image] }) => [image!.diskimage, image!.setup]), [
    ["fake", null],
    [null, "prepare.sh"],
  ]);
  assert.deepEqual(config.diskimages[0]!.formats, ["vhd"]);
  const told = warnings.map(formatProblem).filter((line) => line.includes("auth-url"));
  assert.match(told.join(), /providers\[0\]\.auth-url: is a placeholder/);
});

Deno.test("an image that says nothing and is no diskimage's is an error", async () => {
  const text = production.replace("  - name: jessie\n    pause", "  - name: stretch\n    pause");
  assert.match(
    (await faultsOf(text)).join("\n"),
    /providers\[0\]\.images\[0\]: missing source of the image/,
  );
});

Deno.test("what late 2016's validator refused is refused", async () => {
  for (
    const [broken, fault] of [
      [`${production}nothandled: element\n`, /unknown key/],
      [`${production} - name: jessie\n   elements: [debian]\n`, /.+/],
      [production.replace("max-servers: 184", "max-servers: many"), /max-servers: expected a whole number/],
      [production.replace("{name: one}", "{name: three}"), /there is no provider "three"/],
    ] as const
  ) {
    assert.match((await faultsOf(broken)).join("\n"), fault);
  }
});

Deno.test("negative numbers below -1 disable a label and retire a provider as -1 does, with a warning", async () => {
  const text = inTests.replace("min-ready: -1", "min-ready: -5").replace(
    "max-servers: 96",
    "max-servers: -2",
  );
  const { config, warnings } = await parse(text);
  assert.equal(config.labels[2]!.minReady, -1);
  assert.equal(config.providers[0]!.maxServers, -1);
  const told = warnings.map(formatProblem).join("\n");
  assert.match(told, /labels\[2\]\.min-ready: is negative, which disables the label/);
  assert.match(told, /providers\[0\]\.max-servers: is negative, which retires the provider/);
});

for (const wrong of ["[A=1, B=2]", "text", "7", "[]"]) {
  Deno.test(`env-vars and meta that are no mappings (${wrong}) are ignored, with a warning`, async () => {
    const text = inTests.replace("{BASE_IMAGE_FILE: a.qcow2, SHOULD_FAIL: 'true'}", wrong)
      .replace("{key: value, key2: value}", wrong);
    const { config, warnings } = await parse(text);
    assert.deepEqual(config.diskimages[0]!.envVars, {});
    assert.deepEqual(config.providers[0]!.images[0]!.meta, {});
    const told = warnings.map(formatProblem).join("\n");
    assert.match(told, /diskimages\[0\]\.env-vars: is not a mapping and is ignored/);
    assert.match(told, /images\[0\]\.meta: is not a mapping and is ignored/);
  });
}
