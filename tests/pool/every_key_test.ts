/** Every key of the configuration, changed under a running daemon: it is told, it is in force, or a start is asked for. */
import assert from "node:assert/strict";
import { loginKeys } from "../../src/config/schema/provider_section.ts";
import { configSection } from "../../src/config/schema/config_section.ts";
import { itemOf, sectionAt, traitsOf } from "../../src/config/schema/section.ts";
import type { Config } from "../../src/domain/config.ts";
import { ConfigInForce } from "../../src/pool/config_in_force.ts";
import { configChanges } from "../../src/pool/plan_config.ts";
import { GOOD_KEY, parseAlone } from "../config/fake_environment.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { poolConfig, VirtualPool } from "../scenarios/virtual_pool.ts";

/** Each key by its path, with the values before and after; `next start`: those that a running daemon cannot take. */
type Changes = Readonly<Record<string, readonly [before: unknown, after: unknown, when?: "next start"]>>;

const labels: Changes = {
  name: ["one", "two"],
  image: ["i", "j"],
  "min-ready": [1, 2],
  subnodes: [0, 1],
  "ready-script": ["a.sh", "b.sh"],
  providers: [[{ name: "p" }], [{ name: "p" }, { name: "q" }]],
  "providers[].name": ["p", "q"],
  "max-ready-age": ["1h", "2h"],
  "max-servers": [3, 4],
};

const images: Changes = {
  name: ["k", "l"],
  "min-ram": [1, 2],
  "base-image": ["x", "y"],
  "name-filter": ["a", "b"],
  setup: ["a.sh", "b.sh"],
  diskimage: ["d", "e"],
  username: ["a", "b"],
  "user-home": ["/a", "/b"],
  "private-key": ["/a", "/b"],
  "config-drive": [true, false],
  "key-name": ["a", "b"],
  meta: [{ a: "1" }, { a: "2" }],
  "flavor-name": ["a", "b"],
  "connection-port": [22, 23],
  userdata: ["a", "b"],
  "boot-from-volume": [false, true],
  "volume-size": [1, 2],
  pause: [false, true],
  "check-script": ["a.sh", "b.sh"],
};

const providers: Changes = {
  name: ["r", "s"],
  "max-servers": [1, 2],
  "availability-zones": [["a"], ["a", "b"]],
  keypair: ["a", "b"],
  pool: ["a", "b"],
  "image-type": ["raw", "qcow2"],
  networks: [[{ name: "a" }], []],
  "networks[].name": ["a", "b"],
  "networks[].public": [false, true],
  "networks[].net-id": ["a", "b"],
  "networks[].net-label": ["a", "b"],
  "ipv6-preferred": [false, true],
  "clean-floating-ips": [false, true],
  "api-timeout": [1, 2],
  "config-drive": [true, false],
  "boot-timeout": [1, 2],
  "check-timeout": [1, 2],
  "launch-timeout": [1, 2],
  rate: [0.1, 0.2],
  "template-hostname": ["a-{timestamp}", "b-{timestamp}"],
  "max-concurrency": [1, 2],
  "launch-retries": [1, 2],
  "security-groups": [["a"], ["b"]],
  "host-key-checking": [true, false],
  "auto-floating-ip": [true, false],
  prices: [undefined, { "per-hour": { a: 1 } }],
  "prices.currency": ["EUR", "USD"],
  "prices.per-hour": [{ a: 1 }, { a: 2 }],
  "delete-timeout": [1, 2],
  images: [[], [{ name: "k", "base-image": "x", "min-ram": 1 }]],
  ...under("images[].", images),
  cloud: ["my-cloud", "other"],
  username: ["a", "b"],
  password: ["a", "b"],
  "auth-url": ["http://a/v3", "http://b/v3"],
  "project-id": ["a", "b"],
  "project-name": ["a", "b"],
  "user-domain-name": ["a", "b"],
  "project-domain-name": ["a", "b"],
  "region-name": ["a", "b"],
  "service-type": ["a", "b"],
  "service-name": ["a", "b"],
};

const every: Changes = {
  labels: [[], [{ name: "one", image: "i", providers: [{ name: "p" }] }]],
  ...under("labels[].", labels),
  providers: [[], [{ name: "r", cloud: "my-cloud", "max-servers": 1 }]],
  ...under("providers[].", providers),
  diskimages: [[], [{ name: "f", elements: ["vm"] }]],
  ...under("diskimages[].", {
    name: ["f", "g"],
    elements: [["a"], ["b"]],
    release: ["a", 1.10],
    "env-vars": [{ A: "1" }, { A: "2" }],
    formats: [["raw"], ["raw", "vhd"]],
    pause: [false, true],
    "build-timeout": [1, 2],
    "rebuild-age": [1, 2],
    parent: ["d", "e"],
  }),
  targets: [[], [{ name: "t" }]],
  ...under("targets[].", {
    name: ["t", "u"],
    hostname: ["a-{node_id}", "b-{node_id}"],
    "subnode-hostname": ["a-{subnode_id}", "b-{subnode_id}"],
    rate: [1, 2],
    "assign-via-gearman": [false, true],
    jenkins: [undefined, { url: "http://a/" }],
    "jenkins.test-job": ["a", "b"],
    "jenkins.url": ["http://a/", "http://b/"],
    "jenkins.user": ["a", "b"],
    "jenkins.apikey": ["a", "b"],
    "jenkins.credentials-id": ["a", "b"],
  }),
  cron: [undefined, { check: "1 * * * *" }],
  "cron.image-update": ["1 * * * *", "2 * * * *"],
  "cron.cleanup": ["1 * * * *", "2 * * * *"],
  "cron.check": ["1 * * * *", "2 * * * *"],
  "script-dir": ["/a", "/b"],
  "elements-dir": ["/a", "/b"],
  "images-dir": ["/a", "/b"],
  "gearman-servers": [[], [{ host: "a" }]],
  "gearman-servers[].host": ["a", "b"],
  "gearman-servers[].port": [1, 2],
  "zmq-publishers": [["tcp://a:1"], ["tcp://b:1"]],
  state: ["etcd:https://e1:2379/ci", "etcd:https://e1:2379/other", "next start"],
  etcd: [undefined, { user: "u", password: "p" }, "next start"],
  ...under("etcd.", {
    cacert: ["/a", "/b", "next start"],
    cert: ["/a", "/b", "next start"],
    key: ["/a", "/b", "next start"],
    user: ["a", "b", "next start"],
    password: ["a", "b", "next start"],
    control: [1, 2, "next start"],
  }),
  status: [undefined, { title: "a" }],
  "status.listen": [1, 2, "next start"],
  "status.allow-origin": ["*", "http://a"],
  "status.title": ["a", "b"],
  "build-log-dir": ["/a", "/b"],
  "build-log-retention": [1, 2],
  limits: [undefined, { idle: 1 }],
  ...under("limits.", {
    "delete-delay": [1, 2],
    "node-stuck": [1, 2],
    "test-stuck": [1, 2],
    "image-keep": [1, 2],
    idle: [1, 2],
    "hold-max-age": [1, 2],
    history: [1, 2],
    "history-nodes": [1, 2],
  }),
  log: [undefined, { level: "debug" }, "next start"],
  "log.level": ["info", "debug", "next start"],
  "log.format": ["text", "json", "next start"],
  "log.file": ["/a", "/b", "next start"],
  "log.profile-dir": ["/a", "/b"],
};

/** Keys that say who logs in, in place of an entry of clouds.yaml. */
const OWN_LOGIN = new Set<string>(["cloud", ...loginKeys]);

/** Their values mean nothing: there is no change of them. */
const WITHOUT_EFFECT = ["dburi"];

function under(place: string, changes: Changes): Changes {
  return Object.fromEntries(Object.entries(changes).map(([key, change]) => [place + key, change]));
}

/** The paths of all keys that have an effect. */
function keysOf(schema: unknown, place = ""): string[] {
  return Object.entries(sectionAt(schema, []) ?? {}).flatMap(([key, entry]) => {
    if (traitsOf(entry).former !== undefined) return [];
    const item = itemOf(entry);
    return [place + key, ...keysOf(item, `${place}${key}${item === entry ? "" : "[]"}.`)];
  });
}

/** A configuration in which other keys stand that a key needs, with the value at the path. */
function withValue(path: string, value: unknown): string {
  const own = { "auth-url": "http://k/v3", username: "u", password: "p", "project-name": "x" };
  const file: Record<string, unknown> = {
    state: "etcd:https://e1:2379/ci",
    etcd: { user: "u", password: "p", cert: "/c", key: "/k" },
    labels: [{ name: "one", image: "i", providers: [{ name: "p" }] }],
    // The first one is changed, the others are there to be named.
    providers: [
      {
        name: "r",
        "max-servers": 1,
        ...(path === "providers[].cloud" ? {} : own),
        networks: [/networks\[\]\.(?:name|net-)/.test(path) ? {} : { name: "n" }],
        prices: path.endsWith(".currency") ? { "per-hour": {} } : undefined,
        images: [{ name: "k", "min-ram": 1, "base-image": "x", "volume-size": 1 }],
      },
      ...["p", "q"].map((name) => ({
        name,
        "max-servers": 9,
        ...own,
        images: ["i", "j"].map((image) => ({ name: image, "base-image": "x", "min-ram": 1 })),
      })),
    ],
    diskimages: [{ name: "f", elements: ["vm"] }, ...["d", "e"].map((name) => ({ name, elements: ["vm"] }))],
    targets: [{ name: "t", jenkins: { url: "http://j/" } }],
    "gearman-servers": [{ host: "g" }],
  };
  if (path === "labels" || path === "providers") file.labels = [];
  set(file, path.split("."), value);
  return JSON.stringify(file);
}

function set(file: Record<string, unknown>, [step, ...rest]: readonly string[], value: unknown): void {
  const key = step!.replace("[]", "");
  if (rest.length === 0) {
    file[key] = value;
    if (key === "diskimage") delete file["base-image"];
    return;
  }
  const inner = (file[key] ??= {}) as Record<string, unknown> | Record<string, unknown>[];
  set(Array.isArray(inner) ? inner[0]! : inner, rest, value);
}

const clouds = ["my-cloud", "other"].map((name) =>
  `  ${name}: {auth: {auth_url: "https://${name}", username: u, password: p, project_name: x}}\n`
);
const files = {
  "/etc/openstack/clouds.yaml": `clouds:\n${clouds.join("")}`,
  ...Object.fromEntries(["/a", "/b", "/c", "/k"].map((path) => [path, GOOD_KEY])),
};

async function reading(path: string, value: unknown): Promise<Config> {
  return (await parseAlone(withValue(path, value), { files })).config;
}

/** The first configuration in force, where files say the next. */
function reloading(
  first: Config,
  { next, ...given }: { next: Config; overruled?: readonly string[] },
): ConfigInForce {
  return new ConfigInForce(first, {
    clock: new VirtualClock(),
    read: () => Promise.resolve({ config: next }),
    apply: () => Promise.resolve(),
    tell: () => {},
    effects: () => [],
    ...given,
  });
}

Deno.test("the table of changes has every key of the configuration", () => {
  assert.deepEqual(
    Object.keys(every).toSorted(),
    keysOf(configSection).filter((key) => !WITHOUT_EFFECT.includes(key)).toSorted(),
  );
});

for (const [path, [before, after, when]] of Object.entries(every)) {
  Deno.test(`a reload that changes ${path} tells it, and ${when ?? "it is in force"}`, async () => {
    const [first, next] = [await reading(path, before), await reading(path, after)];
    const { changes, atNextStart } = configChanges(first, next);
    assert.ok(changes.length > 0, "the change is told");
    assert.deepEqual(atNextStart, when === undefined ? [] : changes);
    assert.deepEqual(configChanges(next, next).changes, []);
    await using inForce = reloading(first, { next });
    const logged = await loggedLines(async () => {
      assert.deepEqual(await inForce.reload(), { changes, problems: [] });
    });
    assert.deepEqual(inForce.current, next);
    const waiting = logged.filter(({ level }) => level === "warning").map(({ properties }) =>
      properties.change
    );
    assert.deepEqual(waiting, atNextStart);
  });
}

Deno.test("a reload promises nothing of keys of the log that an option of the daemon decides", async () => {
  const [first, next] = [
    await reading("log", { level: "info", file: "/a" }),
    await reading("log", { level: "error", file: "/b" }),
  ];
  await using inForce = reloading(first, { next, overruled: ["level"] });
  const logged = await loggedLines(async () => void await inForce.reload());
  const warnings = logged.filter(({ level }) => level === "warning").map(({ message }) => message.join(""));
  assert.deepEqual(warnings, [
    "configuration: log.file /a -> /b takes effect at the next start",
    "configuration: log.level info -> error has no effect: this daemon runs with --debug or --logconfig",
  ]);
});

/** How a cloud is reached: with these, and with what clouds.yaml says, its connections are made anew. */
const CONNECTION = ["api-timeout", "max-concurrency", "rate", "region-name", "service-name", "service-type"];

Deno.test("a running pool takes each key of a provider, and makes its connections anew for those that they need", async () => {
  let opened = 0;
  await using virtual = await VirtualPool.start({
    config: poolConfig({ minReady: 0 }),
    changeCloud: (cloud) => (opened++, cloud),
  });
  const scalars = Object.entries(providers).filter(([key, [, value]]) =>
    !/^name$|[[.]/.test(key) && typeof value !== "object" && !OWN_LOGIN.has(key)
  );
  for (const [key, [, value]] of scalars) {
    const before = opened;
    const line = `    ${key}: ${JSON.stringify(value)}\n`;
    const text = poolConfig({ minReady: 0 }).replace(new RegExp(`^    ${key}: .*\n`, "m"), "")
      .replace("    images:\n", `${line}    images:\n`);
    await virtual.during(virtual.reconfigure(text));
    assert.deepEqual(virtual.pool.report().daemon!.configProblems, [], key);
    const first = opened - before;
    await virtual.during(virtual.reconfigure(poolConfig({ minReady: 0 })));
    assert.deepEqual([first, opened - before], CONNECTION.includes(key) ? [1, 2] : [0, 0], key);
  }
  assert.ok(scalars.length > 20);
});
