/** A pool whose state is in etcd: how the configuration says so, and what is wrong with one that does not say it well. */
import assert from "node:assert/strict";
import { diffConfig } from "../../src/config/diff_config.ts";
import { parseSecureFile } from "../../src/config/secure_file.ts";
import { showConfig } from "../../src/config/config_view.ts";
import { loadEtcdConfig } from "../../src/config/load_etcd_config.ts";
import { parseConfig } from "../../src/config/parse_config.ts";
import { configChanges } from "../../src/pool/plan_config.ts";
import { editorFaults } from "./editor_schema.ts";
import { fakeEnvironment, faultsOf, parse } from "./fake_environment.ts";

const THREE = "etcd:https://e1:2379,https://e2.example.org:2379,https://[2001:db8::3]:12379/ci";

Deno.test("a state in etcd names its members and the pool; what lies beside a state lies where it does by default", async () => {
  const { config } = await parse(`state: ${THREE}\n`);
  assert.equal(config.state, THREE);
  assert.deepEqual(config.etcd, {
    endpoints: ["https://e1:2379", "https://e2.example.org:2379", "https://[2001:db8::3]:12379"],
    pool: "ci",
    caCert: null,
    cert: null,
    key: null,
    user: null,
    password: null,
    control: { hostname: null, port: 0 },
  });
  assert.deepEqual([config.imagesDir, config.buildLogDir, config.log.profileDir], [
    "/var/lib/nodepool/images",
    "/var/lib/nodepool/build-logs",
    "/var/lib/nodepool",
  ]);
  assert.equal((await parse("state: /srv/np.kv\n")).config.etcd, null);
});

Deno.test("certificates, user and control address of etcd are read, the password from secure.conf first", async () => {
  const files = { "/home/ci/ca.pem": "", "/e/c.pem": "", "/e/k.pem": "" };
  const text = `state: etcd:https://e1:2379/ci
etcd: {cacert: ~/ca.pem, cert: /e/c.pem, key: /e/k.pem, user: nodepool, password: here, control: "pool1:8006"}
`;
  const secrets = parseSecureFile("[etcd]\npassword = there\n", "secure.conf");
  assert.equal(secrets.holdsSecrets, true);
  assert.deepEqual(secrets.warnings, []);
  const load = (given = secrets) =>
    parseConfig(text, { file: "f", environment: fakeEnvironment({ files }), secrets: given });
  const { config, warnings } = await load();
  assert.deepEqual(warnings.filter(({ path }) => path !== ""), []);
  assert.deepEqual(config.etcd, {
    endpoints: ["https://e1:2379"],
    pool: "ci",
    caCert: "/home/ci/ca.pem",
    cert: "/e/c.pem",
    key: "/e/k.pem",
    user: "nodepool",
    password: "there",
    control: { hostname: "pool1", port: 8006 },
  });
  const alone = await parse(text, { files });
  assert.deepEqual([alone.config.etcd!.password, alone.holdsSecrets], ["here", true]);
  const shown = showConfig(config);
  assert.match(shown, /etcd:\n {2}cacert: \/home\/ci\/ca.pem\n/);
  for (
    const line of [
      "cert: /e/c.pem",
      "key: /e/k.pem",
      "user: nodepool",
      'password: "***"',
      "control: pool1:8006",
    ]
  ) {
    assert.ok(shown.includes(line), `${line} in ${shown}`);
  }
  assert.ok(!shown.includes("there") && !shown.includes("here"), shown);
});

Deno.test("a control address may be a port alone, or an IPv6 address", async () => {
  const controlOf = async (control: string) =>
    (await parse(`state: etcd:http://e1:2379/ci\netcd: {control: "${control}"}\n`)).config.etcd!.control;
  assert.deepEqual(await controlOf("8006"), { hostname: null, port: 8006 });
  assert.deepEqual(await controlOf("[::1]:8006"), { hostname: "::1", port: 8006 });
  assert.match((await faultsOf("etcd: {control: pool1}\n")).join(), /control: expected a host and a port/);
});

Deno.test("how etcd is reached is read from a file that is broken elsewhere, and from no line that may mean something else", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nodepool-etcd-config-" });
  const configFile = `${folder}/nodepool.yaml`;
  const load = async (text: string) => {
    await Deno.writeTextFile(configFile, text);
    return await loadEtcdConfig({ configFile, secureFile: null }).catch((error) => error.message);
  };
  const sound = "state: etcd:https://e1:2379/ci\netcd:\n  user: nodepool\n  password: geheim\n";
  try {
    const expected = await load(sound);
    assert.equal(expected.user, "nodepool");
    for (
      const broken of [
        "labels: [",
        'labels: "',
        "labels: 7\n",
        "providers:\n\t- name: x\n",
        "nonsense: {a: 'b}\n",
        "rate: &x *y\n",
      ]
    ) {
      assert.deepEqual(await load(sound + broken), expected, broken);
      assert.deepEqual(await load(broken.trimEnd() + "\n" + sound), expected, broken);
    }
    assert.match(await load(`{labels: [],\n${sound}`), /nodepool.yaml:\d+:.* is not valid YAML/);
    assert.match(
      await load(`${sound}etcd: {user: other}\nlabels: [`),
      /etcd: stands there twice|is not valid YAML/,
    );
    assert.match(await load(`${sound.replace("user:", "usr:")}labels: [`), /nodepool.yaml:3:3: etcd/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (
  const [name, state, fault] of [
    [
      "no name of a pool",
      "etcd:https://e1:2379",
      /the name of the pool is missing at the end, such as etcd:https/,
    ],
    ["nothing after the slash", "etcd:https://e1:2379/", /the name of the pool is missing/],
    [
      "a name of several parts",
      "etcd:https://e1:2379/ci/main",
      /"ci\/main" cannot be the name of a pool: use/,
    ],
    ["an odd name", '"etcd:https://e1:2379/c i"', /"c i" cannot be the name of a pool/],
    ["a name that is a way up", "etcd:https://e1:2379/..", /"\.\." cannot be the name of a pool/],
    [
      "both schemes",
      "etcd:http://e1:2379,https://e2:2379/ci",
      /some addresses have http:\/\/ and others https/,
    ],
    [
      "an address without a port",
      "etcd:https://e1,https://e2:2379/ci",
      /https:\/\/e1 has no port; .* write https:\/\/e1:2379$/,
    ],
    ["a port that is none", "etcd:https://e1:99999/ci", /"https:\/\/e1:99999" is not an address/],
    ["no scheme", "etcd:e1:2379/ci", /"e1:2379" is not the address of an etcd member/],
    ["nothing", '"etcd:"', /"" is not the address of an etcd member/],
    [
      "a scheme of its own",
      "etcd://e1:2379/ci",
      /an address alone is not a state|is not the address of an etcd member/,
    ],
    [
      "a pool after each address",
      "etcd:https://e1:2379/ci,https://e2:2379/ci",
      /comes once, after the last|cannot be the name/,
    ],
    ["an address twice", "etcd:https://e1:2379,https://e1:2379/ci", /the same address appears twice/],
    ["a broken IPv6 address", '"etcd:https://[::1:2379/ci"', /is not an address/],
  ] as const
) {
  Deno.test(`a state in etcd with ${name} is refused with what to write`, async () => {
    assert.match((await faultsOf(`state: ${state}\n`)).join("\n"), fault);
    const isBeyondEditors = /99999|twice/.test(`${name} ${state}`);
    if (!isBeyondEditors) assert.notDeepEqual(editorFaults(`state: ${state}\n`), [], "editors see it, too");
  });
}

Deno.test("a password in an address of etcd is refused, and not repeated", async () => {
  const faults = await faultsOf("state: etcd:https://me:geheim@e1:2379/ci\n");
  assert.match(faults.join(), /set `etcd.user`, and write the password into secure.conf/);
  assert.ok(!faults.join().includes("geheim"), faults.join());
});

Deno.test("what is given for etcd by half is told", async () => {
  const told = async (etcd: string, scheme = "https") => {
    const { warnings } = await parse(`state: etcd:${scheme}://e1:2379/ci\netcd: ${etcd}\n`);
    return warnings.filter(({ path }) => path !== "").map(({ path, message }) => `${path}: ${message}`).join(
      "\n",
    );
  };
  assert.match(
    await told("{user: nodepool}"),
    /^etcd.user: missing password: .*secure.conf, section \[etcd\]$/,
  );
  assert.match(await told("{password: x}"), /^etcd.password: has no effect without user$/);
  assert.match(
    await told("{cacert: /nowhere.pem}"),
    /^etcd.cacert: there is no file \/nowhere.pem on this machine$/,
  );
  assert.match(await told("{}", "http"), /^state: passwords and tokens cross the network in clear text/);
  assert.match(
    (await faultsOf("state: etcd:https://e1:2379/ci\netcd: {cert: /c}\n")).join(),
    /cert: missing key/,
  );
  assert.match(
    (await faultsOf("state: etcd:https://e1:2379/ci\netcd: {key: /c}\n")).join(),
    /key: missing cert/,
  );
  const { notices } = await parse("etcd: {user: x}\n");
  assert.deepEqual(notices.map(({ path }) => path), ["etcd"]);
  const { warnings } = parseSecureFile("[etcd]\npassword = x\n[etdc]\n", "secure.conf");
  assert.match(warnings[0]!.message, /known: .*\[etcd\]/);
});

Deno.test("another etcd or another way to it waits for the next start, and no password is shown", async () => {
  const at = async (state: string, etcd: string) => (await parse(`state: ${state}\netcd: ${etcd}\n`)).config;
  const before = await at("etcd:https://e1:2379/ci", "{user: a, password: geheim1}");
  const after = await at("etcd:https://e1:2379/other", "{user: a, password: geheim2, control: 8006}");
  const { changes, atNextStart } = configChanges(before, after);
  assert.deepEqual(atNextStart, [
    "state etcd:https://e1:2379/ci -> etcd:https://e1:2379/other",
    "etcd.password changed",
    "etcd.control none -> 8006",
  ]);
  assert.deepEqual(changes, atNextStart);
  assert.deepEqual(diffConfig(before, before), []);
});
