/** Servers with every habit of people's SSH servers: what becomes ready has run a command of ours, and the rest says why. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { serverIdOf, stateName } from "../../../src/domain/node.ts";
import { HOUR, MINUTE, SECOND } from "../../../src/domain/time.ts";
import { hostKeyOf } from "../../../src/simulator/ssh_keys.ts";
import { loginQuirks } from "../../../src/simulator/quirks/logins.ts";
import { imageConfig, imagesOf } from "../../scenarios/image_pool.ts";
import { VirtualPool } from "../../scenarios/virtual_pool.ts";

interface Ways {
  readonly quirks: readonly string[];
  readonly username?: string;
  readonly label?: string;
  readonly provider?: string;
  /** A further line of the configuration. */
  readonly top?: string;
}

function start(
  { quirks, username = "debian", label = "", provider = "", top = "" }: Ways,
): Promise<VirtualPool> {
  return VirtualPool.start({
    clouds: [{ bootTime: 20 * SECOND, quirks: [...quirks] }],
    config: `
script-dir: /scripts
${top}
labels:
  - { name: small, image: debian, min-ready: 2, providers: [{ name: simulator }]${label} }
providers:
  - name: simulator
    cloud: simulator
    max-servers: 4
    rate: 0
    boot-timeout: 120
    ${provider}
    images:
      - { name: debian, base-image: debian-12, min-ram: 512, username: ${username}, private-key: /key }
`,
  });
}

/** Watches the pool for some time. Fails where a node is ready on whose server nothing has run. */
async function watched(virtual: VirtualPool, time: number) {
  let readyAt = Infinity;
  const told = new Set<string>();
  for (const end = virtual.clock.now() + time; virtual.clock.now() < end;) {
    await virtual.clock.advance(SECOND);
    for (const node of virtual.pool.report().nodes) {
      if (node.evidence !== null) told.add(node.evidence.error);
      if (stateName(node) !== "ready") continue;
      const server = virtual.simulator.cloud().servers.get(serverIdOf(node) ?? "");
      assert.ok((server?.commandsRun ?? 0) > 0, `node ${node.id} is ready, and no command has run on it`);
      readyAt = Math.min(readyAt, virtual.clock.now());
    }
  }
  return { isReady: readyAt < Infinity, told: [...told].join("\n") };
}

const names = Object.keys(loginQuirks);
const CLOSED = ["ssh-keyboard-interactive", "ssh-sha1-only", "ssh-post-quantum-only"];
const TIED = ["ssh-forced-command", "ssh-forced-command-sleeps"];

Deno.test("a node is never ready on which no command of ours has run: any user, any habits of the server", async () => {
  const ways = fc.record({
    quirks: fc.subarray(names, { maxLength: 4 }),
    username: fc.constantFrom("root", "debian"),
    label: fc.constantFrom("", ", ready-script: ready.sh", ", subnodes: 1"),
  });
  await fc.assert(
    fc.asyncProperty(ways, async (way) => {
      await using virtual = await start(way);
      const { isReady } = await watched(virtual, 5 * MINUTE);
      const isClosed = way.quirks.some((name) => CLOSED.includes(name));
      const isTied = way.username === "root" && way.quirks.some((name) => TIED.includes(name));
      const lacksTerminal = ["ssh-requiretty", "ssh-no-terminals"].every((name) =>
        way.quirks.includes(name)
      ) &&
        way.username !== "root" && way.label !== "";
      assert.equal(isReady, !isClosed && !isTied && !lacksTerminal);
    }),
    { numRuns: 25, endOnFailure: true },
  );
});

for (const name of names) {
  Deno.test(`servers of people, ${name}: nodes are ready, or their evidence names what is in the way`, async () => {
    await using virtual = await start({ quirks: [name] });
    const { isReady, told } = await watched(virtual, 4 * MINUTE);
    if (!CLOSED.includes(name)) return assert.ok(isReady, told);
    const expected = {
      [CLOSED[0]!]: /keyboard-interactive/,
      [CLOSED[1]!]: /SHA-1/,
      [CLOSED[2]!]: /post-quantum/,
    };
    assert.match(told, expected[name]!);
  });
}

for (const name of TIED) {
  Deno.test(`servers of people, ${name} for the image's user: the evidence shows what the server printed`, async () => {
    await using virtual = await start({ quirks: [name], username: "root" });
    const { isReady, told } = await watched(virtual, 4 * MINUTE);
    assert.equal(isReady, false);
    assert.match(
      told,
      /no login within 120 s.*did not run nodepool's command.*Please login as the user "ubuntu"/,
    );
  });
}

for (const name of names.filter((name) => !CLOSED.includes(name))) {
  Deno.test(`servers of people, ${name}: an image is set up by the first user who may run commands`, async () => {
    const config = imageConfig({
      built: [],
      prepared: ["noble"],
      minReady: 1,
      provider: "boot-timeout: 120",
    });
    await using virtual = await VirtualPool.start({ clouds: [{ quirks: [name] }], config });
    await virtual.until(() => virtual.count("ready") === 1, 15 * MINUTE);
    const [image] = imagesOf(virtual);
    assert.equal(image!.state.phase, "ready");
    assert.equal(imagesOf(virtual).length, 1, "at the first attempt");
  });
}

const CHECK = "cron: { check: '0 * * * *' }";

Deno.test("host keys that change after the first login are accepted and recorded while a node is prepared", async () => {
  await using virtual = await start({
    quirks: ["ssh-new-host-keys"],
    label: ", ready-script: ready.sh, subnodes: 1",
    top: CHECK,
  });
  await virtual.until(() => virtual.count("ready") === 4, 5 * MINUTE);
  const before = virtual.pool.report().nodes;
  for (const node of before) {
    const server = virtual.simulator.cloud().servers.get(serverIdOf(node)!)!;
    assert.equal(server.hostKeyEpoch, 1);
    assert.deepEqual(node.hostKeys, [hostKeyOf(server).publicKey]);
  }
  await virtual.clock.advance(3 * HOUR);
  assert.deepEqual(virtual.pool.report().nodes.map(({ id }) => id), before.map(({ id }) => id));
});

Deno.test("a host key that changes on a ready node is an error with its reason, and the node goes", async () => {
  await using virtual = await start({ quirks: [], top: CHECK });
  await virtual.until(() => virtual.count("ready") === 2, 5 * MINUTE);
  const [node] = virtual.pool.report().nodes;
  virtual.simulator.cloud().servers.get(serverIdOf(node!)!)!.hostKeyEpoch++;
  const goes = () =>
    virtual.pool.report().nodes.find(({ id, state }) => id === node!.id && state.phase !== "ready");
  await virtual.until(() => goes() !== undefined, 2 * HOUR);
  assert.match(goes()!.comment!, /failed the check: .*ssh-ed25519 host key differs from the recorded one/);
});
