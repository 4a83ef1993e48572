import assert from "node:assert/strict";
import { parse as parseYaml } from "yaml";
import { loadLogging } from "../../src/config/load_logging.ts";
import { systemHome } from "../../src/lib/system_account.ts";
import { ConfigError, formatProblem } from "../../src/config/config_error.ts";
import { denoEnvironment } from "../../src/config/deno_environment.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { showConfig } from "../../src/config/config_view.ts";
import {
  fakeEnvironment,
  type FakeMachine,
  faultsOf,
  GOOD_KEY,
  parse,
  usualFiles,
} from "./fake_environment.ts";

const FILE = "/etc/nodepool/nodepool.yaml";

const simple = `labels: [{name: small, image: i, providers: [{name: p}]}]
providers:
  - name: p
    cloud: my-cloud
    max-servers: 5
    images: [{name: i, base-image: x, min-ram: 1, private-key: /etc/nodepool/id_rsa}]
`;

function load(machine: FakeMachine, secure: string | null = null) {
  const environment = fakeEnvironment({
    ...machine,
    files: { ...usualFiles, [FILE]: simple, ...machine.files },
  });
  return loadConfig(FILE, { secure, environment });
}

async function faults(machine: FakeMachine, secure: string | null = null): Promise<string[]> {
  const error = await load(machine, secure).then(() => null, (error) => error);
  assert.ok(error instanceof ConfigError, `no ConfigError but ${error}`);
  return error.message.split("\n");
}

Deno.test("loadConfig() fills in every default, in milliseconds", async () => {
  const { config, warnings, notices } = await load({});
  assert.deepEqual([warnings, notices], [[], []]);
  const { access: _access, images, ...provider } = config.providers[0]!;
  assert.deepEqual(provider, {
    name: "p",
    maxServers: 5,
    availabilityZones: [],
    keypair: null,
    pool: null,
    imageType: "qcow2",
    networks: [],
    ipv6Preferred: false,
    cleanFloatingIps: false,
    apiTimeout: 60_000,
    configDrive: null,
    bootTimeout: 60_000,
    checkTimeout: 60_000,
    launchTimeout: 3_600_000,
    rate: 100,
    templateHostname: "template-{image.name}-{timestamp}",
    maxConcurrency: null,
    launchRetries: 3,
    securityGroups: [],
    hostKeyChecking: true,
    autoFloatingIp: true,
    deleteTimeout: 600_000,
    prices: null,
  });
  assert.deepEqual([images[0]!.username, images[0]!.connectionPort], ["jenkins", 22]);
  assert.deepEqual(config.labels[0], {
    name: "small",
    image: "i",
    minReady: 2,
    subnodes: 0,
    readyScript: null,
    providers: ["p"],
    maxReadyAge: null,
    maxServers: null,
  });
  assert.deepEqual(config.limits, {
    deleteDelay: 60_000,
    nodeStuck: 8 * 3_600_000,
    testStuck: 300_000,
    imageKeep: 8 * 3_600_000,
    idle: 600_000,
    holdMaxAge: null,
    history: 30 * 86_400_000,
    historyNodes: 20_000,
  });
  assert.deepEqual(config.status, {
    listen: [{ hostname: "127.0.0.1", port: 8005 }],
    allowOrigin: [],
    title: "nodepool",
  });
  assert.deepEqual(config.log, {
    level: "info",
    format: null,
    file: null,
    profileDir: "/var/lib/nodepool",
  });
  assert.deepEqual(config.targets.map(({ name, hostname }) => [name, hostname]), [
    ["default", "{label.name}-{provider.name}-{node_id}"],
  ]);
  assert.equal(config.state, "/var/lib/nodepool/nodepool.kv");
});

Deno.test("loadConfig() returns a configuration that nobody can change", async () => {
  const { config } = await load({});
  const open: string[] = [];
  const visit = (value: unknown, path: string) => {
    if (value === null || typeof value !== "object") return;
    if (!Object.isFrozen(value)) open.push(path);
    for (const [key, inner] of Object.entries(value)) visit(inner, `${path}.${key}`);
  };
  visit(config, "config");
  assert.deepEqual(open, []);
  assert.throws(() => ((config.labels as unknown[])[0] = null), TypeError);
});

Deno.test("lengths of time are seconds or texts with units", async () => {
  const times = {
    "90": 90_000,
    "0.5": 500,
    "30s": 30_000,
    "5m": 300_000,
    "8h": 28_800_000,
    "1d": 86_400_000,
  };
  for (const [text, milliseconds] of Object.entries({ ...times, "1h30m": 5_400_000, "250ms": 250, "0": 0 })) {
    const { config } = await load({ files: { [FILE]: `${simple}    boot-timeout: ${text}\n` } });
    assert.equal(config.providers[0]!.bootTimeout, milliseconds, text);
  }
});

Deno.test("a home directory is filled in, other paths stay", async () => {
  const files = {
    [FILE]: `${simple}state: ~/pool.kv\nscript-dir: scripts\nlog: {file: ~/log, profile-dir: ~/profiles}\n`,
  };
  const { config } = await load({ files });
  assert.deepEqual([config.state, config.scriptDir, config.log.file, config.log.profileDir], [
    "/home/ci/pool.kv",
    "scripts",
    "/home/ci/log",
    "/home/ci/profiles",
  ]);
});

Deno.test("a home directory is filled in for the file of a logging configuration, too", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "file: ~/nodepool.log\n");
  const otherwise = { level: "info", format: null, file: null } as const;
  const { logging } = await loadLogging(path, { otherwise });
  assert.deepEqual(logging, { ...otherwise, file: `${systemHome()}/nodepool.log`, overruled: ["file"] });
  await Deno.remove(path);
});

Deno.test("the status endpoint listens where it is told", async () => {
  const listen = async (address: string) => {
    const { config } = await load({ files: { [FILE]: `${simple}status: {listen: "${address}"}\n` } });
    return config.status.listen.flatMap(({ hostname, port }) => [hostname, port]);
  };
  assert.deepEqual(await listen("0.0.0.0:80"), ["0.0.0.0", 80]);
  assert.deepEqual(await listen("[::1]:8005"), ["::1", 8005]);
  assert.deepEqual(await listen("9000"), ["127.0.0.1", 9000]);
});

Deno.test("the status endpoint may have several addresses, and origins that may read it", async () => {
  const status = async (text: string) => {
    const { config } = await load({ files: { [FILE]: `${simple}status: {${text}}\n` } });
    return config.status;
  };
  const { listen } = await status('listen: [8005, "[::1]:8005"]');
  assert.deepEqual(listen, [{ hostname: "127.0.0.1", port: 8005 }, { hostname: "::1", port: 8005 }]);
  assert.deepEqual((await status('allow-origin: "*"')).allowOrigin, ["*"]);
  const two = "https://a.example.org, http://b.example.org:8080";
  assert.deepEqual((await status(`allow-origin: [${two}]`)).allowOrigin, two.split(", "));
  for (
    const wrong of [
      "listen: []",
      "listen: [8005, 8005]",
      "listen: [8005, here]",
      "allow-origin: a.example.org",
      "allow-origin: https://a.example.org/",
      "allow-origin: https://a.example.org/path",
      "allow-origin: ['*.example.org']",
      "allow-origin: 'null'",
      "allow-origin: file:///tmp",
    ]
  ) {
    await assert.rejects(status(wrong), /status\.(listen|allow-origin): expected an (address|origin)/, wrong);
  }
});

Deno.test("a file that cannot be read is told with its reason", async () => {
  assert.deepEqual(await faults({ files: { [FILE]: null } }), [`${FILE}: cannot be read: permission denied`]);
  const missing = await loadConfig("/nowhere.yaml", { environment: fakeEnvironment() }).catch((error) =>
    error
  );
  assert.equal(missing.message, "/nowhere.yaml: cannot be read: there is no such file");
});

Deno.test("the real machine's missing file and directory are told with their reasons", async () => {
  const directory = await Deno.makeTempDir();
  await assert.rejects(loadConfig(`${directory}/x.yaml`), /x.yaml: cannot be read: there is no such file$/);
  await assert.rejects(loadConfig(directory), /cannot be read: (it is a directory|.*directory)/);
  await Deno.remove(directory);
});

Deno.test("an endless file is read to the limit and refused", async () => {
  await assert.rejects(
    loadConfig("/dev/zero"),
    /^ConfigError: \/dev\/zero: is larger than 4 MiB, too large for a configuration$/,
  );
});

Deno.test("bytes that are no UTF-8 are told with their place", async () => {
  const bytes = new Uint8Array([...new TextEncoder().encode("cron: ä\nx: "), 0xff, 0x0a]);
  assert.match(
    (await faults({ files: { [FILE]: bytes } }))[0]!,
    /^\/etc\/nodepool\/nodepool.yaml:2:4: is not UTF-8 text/,
  );
});

Deno.test("a byte order mark is no part of the first key", async () => {
  const text = `\ufeff${simple}`;
  assert.equal((await load({ files: { [FILE]: text } })).config.labels.length, 1);
});

Deno.test("problems of several files are told together", async () => {
  const found = await faults({
    files: { [FILE]: "providers: 1\n", "/secure.conf": "x\n" },
  }, "/secure.conf");
  assert.deepEqual(found, [
    "/secure.conf:1:1: expected a [section] or `key = value`",
    `${FILE}:1:1: providers: expected a list, found 1`,
  ]);
});

Deno.test("a broken clouds.yaml is told with its own place", async () => {
  const found = await faults({ files: { "/etc/openstack/clouds.yaml": "clouds:\n\ta: {}\n" } });
  assert.ok(
    found.includes("/etc/openstack/clouds.yaml:2:1: a tab cannot indent YAML; use spaces"),
    found.join("\n"),
  );
});

Deno.test("files with secrets that every user may read are warned of, others are not", async () => {
  const inline = simple.replace(
    "cloud: my-cloud",
    "auth-url: http://k\n    username: u\n    password: p\n    project-name: x",
  );
  const exposed = async (text: string, secure: string | null) => {
    const files = { [FILE]: text, "/secure.conf": `[jenkins "default"]\napikey: k\n` };
    const everybody = { [FILE]: 0o644, "/secure.conf": 0o644, "/etc/openstack/clouds.yaml": 0o644 };
    const { warnings } = await load({ files, modes: everybody }, secure);
    return warnings.filter(({ message }) => message.includes("readable by every user")).map(({ file }) =>
      file
    );
  };
  assert.deepEqual(await exposed(inline, null), [FILE]);
  assert.deepEqual(await exposed(simple, null), ["/etc/openstack/clouds.yaml"]);
  assert.deepEqual(await exposed(inline, "/secure.conf"), [FILE, "/secure.conf"]);
});

Deno.test("a node with more subnodes than one provider holds is warned of, whatever they hold together", async () => {
  const label = (name: string, more: string) =>
    `  - {name: ${name}, image: i, min-ready: 0, ${more}, providers: [{name: p}, {name: q}]}\n`;
  const provider = (name: string, maxServers: number) =>
    `  - {name: ${name}, cloud: my-cloud, max-servers: ${maxServers}, images: [{name: i, base-image: x, min-ram: 1}]}\n`;
  const text = `labels:
${label("fits", "subnodes: 3")}${label("large", "subnodes: 4")}${
    label("capped", "subnodes: 3, max-servers: 3")
  }
providers:
${provider("p", 4)}${provider("q", 3)}`;
  const { warnings } = await load({ files: { [FILE]: text } });
  const told = warnings.filter(({ path }) => path.endsWith("subnodes")).map(({ path, message }) =>
    `${path}: ${message}`
  );
  assert.deepEqual(told, [
    "labels[1].subnodes: a node is 5 servers, but none of its providers holds more than 4",
    "labels[2].subnodes: a node is 4 servers, but the label's own max-servers is 3",
  ]);
});

Deno.test("one server that a label keeps ready beyond its room is told as one", async () => {
  const text = `labels: [{name: one, image: i, min-ready: 1, providers: [{name: p}]}]
providers: [{name: p, cloud: my-cloud, max-servers: 0, images: [{name: i, base-image: x, min-ram: 1, private-key: /no/key}]}]
`;
  const { warnings } = await load({ files: { [FILE]: text } });
  assert.match(
    warnings.map(formatProblem).join("\n"),
    /: keeps 1 server ready, but its providers together hold at most 0$/m,
  );
});

Deno.test("a label whose image no provider has is told that, and not that they have no room", async () => {
  const text = `labels: [{name: one, image: j, min-ready: 1, providers: [{name: p}]}]
providers: [{name: p, cloud: my-cloud, max-servers: 3, images: [{name: i, base-image: x, min-ram: 1, private-key: /no/key}]}]
`;
  const { warnings } = await load({ files: { [FILE]: text } });
  assert.deepEqual(warnings.map(({ path }) => path), [
    "labels[0].providers[0].name",
    "providers[0].images[0].private-key",
  ]);
});

Deno.test("what is allowed and hardly meant is warned of", async () => {
  const text = `labels:
  - {name: many, image: i, min-ready: 9, max-servers: 3, providers: [{name: p}, {name: p}]}
  - {name: none, image: i}
  - {name: script, image: i, min-ready: 0, ready-script: r.sh arg, providers: [{name: p}]}
script-dir: /scripts
targets: [{name: t, hostname: "{label.name}"}]
cron: {check: "0 3 * * 1"}
providers:
  - name: p
    cloud: my-cloud
    max-servers: 5
    image-type: raw
    images:
      - {name: i, diskimage: d, base-image: x, min-ram: 1, flavor-name: f, volume-size: 3, private-key: /no/key, meta: {groups: x}}
diskimages: [{name: d, elements: [vm], formats: [qcow2]}]
`;
  const { warnings, notices } = await load({ files: { [FILE]: text } });
  assert.deepEqual(warnings.map((warning) => formatProblem(warning).replace(`${FILE}:`, "")), [
    "2:28: labels[0].min-ready: keeps 9 servers ready, but its providers together hold at most 5",
    "2:28: labels[0].min-ready: keeps 9 servers ready, but the label's own max-servers is 3",
    `2:82: labels[0].providers[1].name: "p" is listed twice`,
    "3:5: labels[1]: names no provider, so its nodes cannot be launched",
    "4:44: labels[2].ready-script: there is no script /scripts/r.sh on this machine",
    "6:21: targets[0].hostname: without {node_id} several nodes get the same name",
    `12:5: providers[0].image-type: diskimage "d" lists qcow2; raw is built as well`,
    "14:33: providers[0].images[0].base-image: has no effect with diskimage",
    "14:48: providers[0].images[0].min-ram: has no effect with flavor-name",
    "14:76: providers[0].images[0].volume-size: has no effect without boot-from-volume: true",
    "14:92: providers[0].images[0].private-key: there is no private key /no/key on this machine",
    "14:121: providers[0].images[0].meta.groups: has no effect: nodepool sets this entry on every server",
  ]);
  assert.match(notices[0]!.message, /days of the week count from Sunday/);
});

Deno.test("a private key that no machine could use is an error where the file is checked, a warning to a pool", async () => {
  const open = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ nodepool";
  const environment = fakeEnvironment({
    files: { ...usualFiles, [FILE]: simple, "/etc/nodepool/id_rsa": open },
  });
  const says = "the private key /etc/nodepool/id_rsa is a public key; name the private one";
  await assert.rejects(
    loadConfig(FILE, { environment, byItself: true }),
    (error) => `${error}`.includes(says),
  );
  const { warnings } = await loadConfig(FILE, { environment });
  assert.ok(warnings[0]!.message.startsWith(says));
  await assert.rejects(loadConfig(FILE, { environment, strict: true }), (error) => `${error}`.includes(says));
});

Deno.test("a private key that this user may not read, and scripts that may not be executed, are warned of", async () => {
  const text = simple.replace("labels:", "script-dir: /s\nelements-dir: /e\nlabels:")
    .replace("image: i,", "image: i, ready-script: r.sh,");
  const files = { ...usualFiles, [FILE]: text, "/etc/nodepool/id_rsa": null, "/s/r.sh": "" };
  const environment = fakeEnvironment({ files, modes: { "/s/r.sh": 0o644 } });
  const { warnings } = await loadConfig(FILE, { environment, byItself: true });
  assert.deepEqual(warnings.map(({ message }) => message.replace(/^\S+: /, "")).toSorted(), [
    "the private key /etc/nodepool/id_rsa cannot be read: no",
    "the script /s/r.sh is not executable; run chmod +x on it",
    "there is no directory /e on this machine",
  ]);
});

Deno.test("elements may lie in several directories, each with its own ~ and each looked for", async () => {
  const text = simple.replace("labels:", "elements-dir: /e:~/own:/missing\nlabels:");
  const environment = fakeEnvironment({
    files: { ...usualFiles, [FILE]: text, "/e": "", "/home/ci/own": "" },
  });
  const { config, warnings } = await loadConfig(FILE, { environment });
  assert.equal(config.elementsDir, "/e:/home/ci/own:/missing");
  assert.deepEqual(warnings.map(({ path, message }) => `${path}: ${message}`), [
    "elements-dir: there is no directory /missing on this machine",
  ]);
});

Deno.test("a path that leads elsewhere from another directory, or that no shell completes, is told", async () => {
  const whole = `state: ~/np.kv
script-dir: /s
log: {file: ~/log}
etcd: {cacert: ~/ca}
`;
  const relative = whole.replaceAll("~/", "").replace("/s", "$HOME/s").replace("cacert: ", "cacert: ~root/");
  const told = async (text: string) => {
    const { warnings, notices } = await parse(`${text}labels: []\nproviders: []\n`);
    return [...warnings, ...notices].map(({ path, message }) => `${path}: ${message}`)
      .filter((line) => /runs|as written/.test(line));
  };
  assert.deepEqual(await told(whole), []);
  const advice = "write the whole path, or one that begins with ~/";
  const stays = `is used as written: only ~/ is expanded in paths; ${advice}`;
  const runs = `is relative to the directory in which the daemon or the command runs; ${advice}`;
  assert.deepEqual(await told(relative), [
    `script-dir: $HOME/s ${stays}`,
    `etcd.cacert: ~root/ca ${stays}`,
    `state: np.kv ${runs}`,
    `log.file: log ${runs}`,
  ]);
  const twice = "script-dir: s\nlog: {file: s}\n";
  assert.deepEqual(
    await told(twice),
    [`script-dir: s ${runs}`],
    "a path that stands in many places is told once",
  );
  assert.deepEqual(await told("state: etcd:https://e.example.org:2379/p\n"), []);
});

Deno.test("metadata and names over 255 characters are found, those that are put together of several names too", async () => {
  const [provider, image] = ["p".repeat(120), "i".repeat(110)];
  const text = (hostname: string, name: string) =>
    `labels: [{name: l, image: ${name}, providers: [{name: ${provider}}]}]
providers:
  - {name: ${provider}, cloud: my-cloud, max-servers: 1, images: [{name: ${name}, base-image: x, min-ram: 1}]}
targets: [{name: t, hostname: "${hostname}"}]
`;
  const of = (hostname: string, name = "i") => faultsOf(text(hostname, name));
  assert.deepEqual(await of("{label.name}-{node_id}"), []);
  assert.match(
    (await of("{label.name}-{node_id}", image)).join(),
    /providers\[0\]\.name: with the image name i+ it makes a metadata entry of \d{3} characters/,
  );
  assert.deepEqual(await of("{provider.name}-{provider.name}-{label.name}-{image.name}-{node_id}"), []);
  assert.match(
    (await of(
      "{provider.name}-{provider.name}-{label.name}-{image.name}-{label.image}-{timestamp}-{node_id}",
    )).join(),
    /targets\[0\]\.hostname: gives a server a name of 2\d\d characters; the limit is 255$/,
  );
});

Deno.test("no message shows a secret", async () => {
  const secret = "Tr0ub4dor";
  const texts = [
    `providers: [{name: p, max-servers: 1, password: [${secret}]}]`,
    `providers: [{name: p, max-servers: 1, username: u, password: ${secret}, auth-url: "http://u:${secret}@k", x: 1}]`,
    `dburi: {a: ${secret}}`,
    `targets: [{name: t, jenkins: {apikey: {a: ${secret}}, url: "ftp://u:${secret}@x"}}]`,
    `providers: [{password: "${secret}\\q"}]`,
  ];
  for (const text of texts) {
    const found = await faults({ files: { [FILE]: text } });
    assert.ok(!found.join("\n").includes(secret), found.join("\n"));
  }
});

Deno.test("an abort ends loading", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(loadConfig("/dev/zero", { environment: denoEnvironment, signal }), /enough/);
});

Deno.test("loadConfig() strictly takes every warning, of every file, for an error", async () => {
  const files = {
    ...usualFiles,
    [FILE]: `${simple}targets: [{name: t, hostname: x}]\n`,
    "/secure.conf": "[x]\n",
  };
  const environment = fakeEnvironment({ files });
  const options = { secure: "/secure.conf", environment };
  assert.equal((await loadConfig(FILE, options)).warnings.length, 2);
  const error = await loadConfig(FILE, { ...options, strict: true }).then(() => null, (error) => error);
  assert.ok(error instanceof ConfigError);
  assert.deepEqual(error.problems.map(({ file, line }) => [file, line]), [[FILE, 7], ["/secure.conf", 1]]);
});

Deno.test("a machine without any clouds.yaml gets by with one warning, if that is allowed", async () => {
  const own = "auth-url: http://k, username: u, password: p, project-name: x";
  const text = `labels: [{name: small, image: i, providers: [{name: p}]}]
providers:
  - {name: p, cloud: a, max-servers: 5, images: [{name: i, base-image: x, min-ram: 1}]}
  - {name: q, max-servers: 5}
  - {name: r, ${own}, max-servers: 5}
`;
  const at = (machine: FakeMachine, byItself: boolean) => {
    const keys = { "/var/lib/jenkins/.ssh/id_rsa": GOOD_KEY };
    const environment = fakeEnvironment({ ...machine, files: { [FILE]: text, ...keys, ...machine.files } });
    return loadConfig(FILE, { environment, byItself });
  };
  const { config, warnings } = await at({}, true);
  assert.deepEqual(warnings.map(formatProblem).map((told) => told.replace(/; looked for .*/, "")), [
    `${FILE}:3:15: providers[0].cloud: no clouds.yaml found, so the cloud of p, q is not checked`,
  ]);
  assert.match(warnings[0]!.message, /looked for .*\/etc\/openstack\/clouds.yaml$/);
  assert.deepEqual(config.providers.map(({ access }) => [access.name, access.authUrl]), [
    ["a", ""],
    ["(unnamed)", ""],
    ["r", "http://k"],
  ]);
  assert.deepEqual(parseYaml(showConfig(config)).providers[0].access, { name: "a" });
  await assert.rejects(at({}, false), /cloud "a": no clouds.yaml found/);
  const elsewhere = { "/etc/openstack/clouds.yaml": "clouds: {b: {}}" };
  await assert.rejects(at({ files: elsewhere }, true), /cloud "a" .*no such cloud/);
  const env = { OS_AUTH_URL: "http://k", OS_USERNAME: "u", OS_PASSWORD: "p", OS_PROJECT_NAME: "x" };
  const withVariables = await at({ env }, true);
  assert.deepEqual(withVariables.config.providers.map(({ access }) => access.name), ["a", "envvars", "r"]);
});
