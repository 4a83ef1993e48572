/** A mistake on this machine is found before a server is booted for it: keys and scripts. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { generateKey } from "../../src/ssh/generate_key.ts";
import { imageConfig } from "./image_pool.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

const { private: key, public: open } = await generateKey();

const unusable: Readonly<Record<string, readonly [text: string | null, says: RegExp]>> = {
  "cannot be read": [
    null,
    /^cannot read the private key \/key; check the image's private-key \(see: nodepool manual login\): it is not there$/,
  ],
  "is empty": ["", /^the private key \/key is empty; make one with: ssh-keygen/],
  "is a public key": [open, /^the private key \/key is a public key; name the private one/],
  "is cut off": [key.slice(0, 200), /^the private key \/key is cut off/],
};

/** Why the label gets no node. */
const reasons = (virtual: VirtualPool) => virtual.reasons();

for (const [what, [text, says]] of Object.entries(unusable)) {
  Deno.test(`a private key that ${what}: nothing is booted, the label says why, and goes on once it is right`, async () => {
    let now: string | null = text;
    const readFile = () => now === null ? Promise.reject(new Error("it is not there")) : Promise.resolve(now);
    await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 2 }), readFile });
    await virtual.clock.advance(5 * MINUTE);
    assert.equal(virtual.simulator.journal.countOf("server.create"), 0);
    assert.match(reasons(virtual)[0]!, says);
    now = key;
    await virtual.until(() => virtual.count("ready") === 2, MINUTE);
    assert.deepEqual(reasons(virtual), []);
  });
}

Deno.test("a private key that goes wrong while the pool runs: no further server is booted", async () => {
  let now = key;
  const readFile = () => Promise.resolve(now);
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }), readFile });
  await virtual.until(() => virtual.count("ready") === 1);
  now = open;
  await virtual.clock.advance(20 * SECOND);
  await virtual.acquire("small");
  await virtual.clock.advance(5 * MINUTE);
  assert.equal(virtual.simulator.journal.countOf("server.create"), 1);
  assert.match(reasons(virtual)[0]!, /is a public key/);
});

Deno.test("one label's key that is wrong keeps no other label of its provider waiting", async () => {
  const config = poolConfig({ minReady: 1, more: ["other"] }).replace(
    "name: other\n    image: debian",
    "name: other\n    image: other",
  ) + `
      - {name: other, base-image: debian-12, min-ram: 512, username: debian, private-key: /other, connection-port: 2222}`;
  const readFile = (path: string) => Promise.resolve(path === "/other" ? "" : key);
  await using virtual = await VirtualPool.start({ config, readFile });
  await virtual.until(() => virtual.count("ready", "small") === 1);
  assert.match(reasons(virtual)[0]!, /^the private key \/other is empty/);
});

const scripts: Readonly<Record<string, readonly [Deno.FileInfo["mode"] | undefined, RegExp]>> = {
  "is missing": [undefined, /there is no script \/scripts\/prepare\.sh$/],
  "is not executable": [
    0o644,
    /the script \/scripts\/prepare\.sh is not executable; run chmod \+x on it$/,
  ],
};

for (const [what, [mode, says]] of Object.entries(scripts)) {
  Deno.test(`a setup script that ${what}: nothing is booted for the image, which says why`, async () => {
    let now = mode;
    const stat = () => Promise.resolve(now === undefined ? null : { isFile: true, mode: now });
    const config = `script-dir: /scripts\n${imageConfig({ built: [], prepared: ["focal"], minReady: 1 })}`;
    await using virtual = await VirtualPool.start({ config, stat });
    await virtual.clock.advance(5 * MINUTE);
    assert.equal(virtual.simulator.journal.countOf("server.create"), 0);
    assert.match(virtual.pool.report().images[0]!.waitingOn!.message, says);
    now = 0o755;
    await virtual.until(() => virtual.simulator.journal.countOf("server.create") === 1);
  });

  Deno.test(`a ready script of a label on a stock image that ${what}: nothing is booted`, async () => {
    const stat = () => Promise.resolve(mode === undefined ? null : { isFile: true, mode });
    const label = "ready-script: prepare.sh --quick";
    const config = `script-dir: /scripts\n${poolConfig({ minReady: 1, label })}`;
    await using virtual = await VirtualPool.start({ config, stat });
    await virtual.clock.advance(5 * MINUTE);
    assert.equal(virtual.simulator.journal.countOf("server.create"), 0);
    assert.match(reasons(virtual)[0]!, says);
  });
}

Deno.test("a script that cannot even be looked at is of no use, and keeps no other label waiting", async () => {
  const stat = (path: string) =>
    path.endsWith("prepare.sh") ? Promise.reject(new Error("Input/output error")) : Promise.resolve(null);
  const both = poolConfig({ minReady: 1, more: ["other"] });
  const config = `script-dir: /scripts\n${
    both.replace("name: small", "name: small\n    ready-script: prepare.sh")
  }`;
  await using virtual = await VirtualPool.start({ config, stat });
  await virtual.until(() => virtual.count("ready", "other") === 1);
  assert.match(reasons(virtual)[0]!, /Input\/output error/);
  assert.equal(virtual.count("ready", "small"), 0);
});

Deno.test("images of two providers whose names read alike together have logs of their own", async () => {
  const clouds = ["a", "a-b"];
  const config = imageConfig({ clouds, built: [], prepared: ["b-c", "c"] });
  await using virtual = await VirtualPool.start({ config, clouds: clouds.map((name) => ({ name })) });
  const logs = () => virtual.pool.report().images.flatMap(({ logFile }) => logFile ?? []);
  await virtual.until(() => logs().length === 4, 30 * MINUTE);
  assert.deepEqual(logs().map((path) => path.replace(/\d+\.log$/, "VERSION.log")).toSorted(), [
    "/logs/b-c@a-VERSION.log",
    "/logs/b-c@a-b-VERSION.log",
    "/logs/c@a-VERSION.log",
    "/logs/c@a-b-VERSION.log",
  ]);
});
