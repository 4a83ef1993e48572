/** What `config-validate --online` finds on simulated clouds, and how it puts it. */
import assert from "node:assert/strict";
import { CloudError } from "../../src/domain/cloud_error.ts";
import type { WholeCloud } from "../../src/cloud/cloud.ts";
import type { ProviderConfig } from "../../src/domain/config.ts";
import type { OnlineCheck } from "../../src/domain/online_check.ts";
import { DAY, MINUTE, SECOND } from "../../src/domain/time.ts";
import { generateKey } from "../../src/ssh/generate_key.ts";
import { breaks, brokenCloud } from "../scenarios/broken_clouds.ts";
import { VirtualPool, type VirtualPoolOptions } from "../scenarios/virtual_pool.ts";

/** A pool on the clouds that these breaks leave. */
function broken(...names: string[]): VirtualPoolOptions {
  const chosen = names.map((name) => breaks.find((one) => one.name === name)!);
  const { config, clouds, faults } = brokenCloud(chosen);
  return { config, clouds, faults };
}

/** What is not ok on the cloud `main`, as one line each. */
async function troubles(options: VirtualPoolOptions): Promise<readonly string[]> {
  await using virtual = VirtualPool.idle(options);
  return linesOf((await virtual.checkOnline()).filter(({ result }) => result !== "ok"));
}

function linesOf(checks: readonly OnlineCheck[]): readonly string[] {
  return checks.filter(({ provider }) => provider === "main").map(({ check, subject, result, message }) =>
    `${result} ${check}${subject === null ? "" : ` ${subject}`}: ${message}`
  );
}

const NO_LAUNCH = (check: string) => `failure label small: no launch would succeed; see ${check}`;

Deno.test("a name that is nearly right is told with the right one", async () => {
  assert.deepEqual(await troubles(broken("a flavor of another name")), [
    "failure flavor debian: no flavor named m1.smal; did you mean m1.small?",
    NO_LAUNCH("flavor"),
  ]);
  assert.deepEqual(await troubles(broken("an image of another name")), [
    "failure image debian: no image debian-21; did you mean debian-12?",
    NO_LAUNCH("image"),
  ]);
  assert.equal(
    (await troubles(broken("a zone that is not there")))[0],
    "failure zone az9: no zone az9 is available; did you mean az1?",
  );
  assert.equal(
    (await troubles(broken("a network of another name")))[0],
    "failure network privat: the cloud has no network privat; did you mean private?",
  );
});

Deno.test("an image that is there but cannot be used yet is not called missing", async () => {
  assert.equal(
    (await troubles(broken("an image that is still queued")))[0],
    "failure image debian: the image debian-12 exists but is queued; wait until it is active",
  );
});

Deno.test("a quota that is full now, but with servers of nodepool, stops nothing", async () => {
  const { config, clouds } = brokenCloud([]);
  await using virtual = await VirtualPool.start({
    config,
    clouds: [{ ...clouds[0]!, quotas: { instances: 2 } }, clouds[1]!],
  });
  await virtual.until(() => virtual.count("ready") === 3);
  const lines = linesOf((await virtual.checkOnline()).filter(({ result }) => result !== "ok"));
  assert.deepEqual(lines, [
    "warning quota: max-servers is 6, but the quota allows only 2 instances; raise it or lower max-servers (instances 2/2)",
    "warning label small: no room now: quota full: instances 2/2 (see: nodepool manual quota); 2 of the servers are nodepool's",
    "warning label big: no room now: quota full: instances 2/2 (see: nodepool manual quota); 2 of the servers are nodepool's",
  ]);
});

Deno.test("a quota of floating IPs that is smaller than the pool is told before it holds up launches", async () => {
  const { config, clouds } = brokenCloud([]);
  const lines = await troubles({
    config,
    clouds: [{ ...clouds[0]!, quotas: { floatingIps: 0 } }, clouds[1]!],
  });
  assert.match(
    lines[0]!,
    /^warning quota: max-servers is 6, but the quota allows only 0 floating IPs; raise it, or set auto-floating-ip: false/,
  );
  assert.match(lines[1]!, /^failure label small: no room: quota full: floating IPs 0\/0/);
});

Deno.test("a quota that Neutron does not tell is a warning: it may leave no floating IP and no port", async () => {
  const { config, clouds } = brokenCloud([]);
  const lines = await troubles({
    config,
    clouds: [{ ...clouds[0]!, quirks: ["quotas-missing"] }, clouds[1]!],
  });
  assert.match(lines[0]!, /^warning quota: not known: the cloud does not report all of it \(.*501/);
  assert.equal(lines.length, 1);
});

Deno.test("a cloud without Neutron is right for servers that need nothing of it, and says what it lacks for others", async () => {
  const { config, clouds } = brokenCloud([]);
  const bare = [{ ...clouds[0]!, quirks: ["no-neutron"] }, clouds[1]!];
  assert.deepEqual(await troubles({ config, clouds: bare }), [
    "warning network: none configured, and the cloud lists none for servers; if it chooses none by itself, name one under networks",
  ]);
  const named = broken("a network that is there");
  assert.match((await troubles({ ...named, clouds: bare }))[0]!, /the catalog has no network service/);
});

Deno.test("a label that is disabled, and a provider that is to hold nothing, stop nothing", async () => {
  const { config, clouds } = brokenCloud([]);
  const changed = config.replace("min-ready: 1", "min-ready: -1").replace("max-servers: 6", "max-servers: 0");
  assert.deepEqual(await troubles({ config: changed, clouds }), [
    "warning label big: no launches: max-servers is 0",
  ]);
});

/** On a cloud like any other, but for what it says where it is changed. */
async function troublesWith(
  change: (cloud: WholeCloud) => Partial<WholeCloud>,
  options: Partial<VirtualPoolOptions> & { readonly edit?: (config: string) => string } = {},
): Promise<readonly string[]> {
  const { edit = (text) => text, ...more } = options;
  const { config, clouds } = brokenCloud([]);
  await using virtual = VirtualPool.idle({ config: edit(config), clouds, ...more });
  const checks = await virtual.checkOnline({ change });
  return linesOf(checks.filter(({ result }) => result !== "ok"));
}

/** The provider `main` with further lines. */
function withKeys(...lines: string[]): (config: string) => string {
  const head = "  - name: main\n    cloud";
  return (config) =>
    config.replace(head, head.replace("    cloud", `    ${[...lines, "cloud"].join("\n    ")}`));
}

Deno.test("a user who may only look is a warning: policies differ", async () => {
  const login = { user: "ci", project: "ci", roles: ["reader"] };
  assert.deepEqual(await troublesWith(() => ({ logIn: () => Promise.resolve(login) })), [
    "warning roles: only reader, which may read but not launch; give the user the role member",
  ]);
});

Deno.test("a login that is for no project stops every launch", async () => {
  const login = { user: "ci", project: null, roles: [] };
  const [first] = await troublesWith(() => ({ logIn: () => Promise.resolve(login) }));
  assert.equal(
    first,
    "failure login: the login has no project; set project_name and project_domain_name",
  );
});

Deno.test("a certificate that ends within thirty days is a warning", async () => {
  const certificates = (now: number) => [
    { host: "nova.example.org", validUntil: now + 29.5 * DAY },
    { host: "glance.example.org", validUntil: now + 31 * DAY },
  ];
  const shown = (cloud: WholeCloud) => ({
    stats: { ...cloud.stats, certificates: certificates(Date.UTC(2030, 0, 1)) },
  });
  assert.deepEqual(await troublesWith(shown), [
    "warning certificate nova.example.org: expires on 2030-01-30, in 29 days; renew it",
  ]);
});

Deno.test("a clock that is off is a warning that says which way", async () => {
  const { config, clouds } = brokenCloud([]);
  await using virtual = VirtualPool.idle({ config, clouds });
  virtual.clock.stepWall(10 * MINUTE);
  const lines = linesOf((await virtual.checkOnline()).filter(({ check }) => check === "clock"));
  assert.equal(lines.length, 1);
  assert.match(
    lines[0]!,
    /^warning clock: the cloud's clock is (9m59s|10m) behind this machine's; set the one that is wrong$/,
  );
});

Deno.test("what is forbidden and need not be known is a warning, not a failure", async () => {
  const refuse = () => Promise.reject(new CloudError("unauthorized", "list it on main: forbidden"));
  const edit = withKeys("keypair: ci", "availability-zones: [az1]", "security-groups: [default]");
  assert.deepEqual(
    await troublesWith(
      () => ({ listZones: refuse, listKeypairs: refuse, listSecurityGroups: refuse }),
      { edit },
    ),
    [
      "warning zone az1: not known: list it on main: forbidden",
      "warning keypair ci: not known: list it on main: forbidden",
      "warning security_group default: not known: list it on main: forbidden",
    ],
  );
});

Deno.test("a keypair that is for another private key is a warning: the image may let that one in", async () => {
  const key = (await generateKey()).public;
  const listKeypairs = () => Promise.resolve([{ name: "ci", publicKey: key }]);
  const edit = withKeys("keypair: ci");
  assert.deepEqual(await troublesWith(() => ({ listKeypairs }), { edit }), [
    "warning keypair ci: it does not match the private key /key; the image itself must accept that key",
  ]);
});

Deno.test("the keypair that an image names is looked at in the provider's place, and stops only its labels", async () => {
  const listKeypairs = () => Promise.resolve([{ name: "ci", publicKey: null }]);
  const named = (text: string) => text.replace(/^( +)private-key:/m, "$1key-name: cj\n$&");
  const edit = (text: string) => named(withKeys("keypair: ci")(text));
  assert.deepEqual(await troublesWith(() => ({ listKeypairs }), { edit }), [
    "failure keypair cj: the cloud's user has no keypair cj; did you mean ci?",
    "failure label small: no launch would succeed; see keypair",
  ]);
});

Deno.test("two security groups of one name are refused with their ids", async () => {
  const listSecurityGroups = () => Promise.resolve(["1", "2"].map((id) => ({ id, name: "ssh" })));
  const edit = withKeys("security-groups: [ssh]");
  const [first] = await troublesWith(() => ({ listSecurityGroups }), { edit });
  assert.equal(
    first,
    "failure security_group ssh: 2 security groups have this name; use one of the ids 1, 2",
  );
});

Deno.test("a cloud that never answers is given up after a minute, and the others are checked all the same", async () => {
  const { config, clouds } = brokenCloud([]);
  await using virtual = VirtualPool.idle({ config, clouds });
  const startedAt = virtual.clock.now();
  const silent = (_: WholeCloud, { name }: ProviderConfig): Partial<WholeCloud> =>
    name === "main" ? { logIn: ({ signal }) => untilAborted(signal) } : {};
  const checks = await virtual.checkOnline({ change: silent });
  assert.deepEqual(linesOf(checks.filter(({ result }) => result !== "ok")), [
    "failure login: no response within 1m",
    NO_LAUNCH("login"),
    NO_LAUNCH("login").replace("small", "big"),
  ]);
  assert.ok(virtual.clock.now() - startedAt <= MINUTE + SECOND);
  assert.deepEqual(checks.filter(({ provider, result }) => provider === "healthy" && result !== "ok"), []);
});

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}
