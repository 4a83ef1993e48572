/** What a changed configuration would do, said before it is in force, and held against what it then does. */
import assert from "node:assert/strict";
import { formatProblem } from "../../src/config/config_error.ts";
import { MINUTE } from "../../src/domain/time.ts";
import type { AnswerOf } from "../../src/control/operations.ts";
import { renderConfigPlan } from "../../src/views/config_plan.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { imageConfig, readyImages } from "./image_pool.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

type Plan = AnswerOf<"plan">;

function plan(virtual: VirtualPool, text: string): Promise<Plan> {
  const file = { path: "new.yaml", text };
  return virtual.during(virtual.ask("plan", { file, secure: null, isOwn: false }));
}

/** A pool whose nodes are ready. */
async function settled(config: string, { ready, ...more }: { ready: number; clouds?: { name: string }[] }) {
  const virtual = await VirtualPool.start({ config, ...more });
  await virtual.until(() => virtual.count("ready") === ready);
  return virtual;
}

function labelOf({ labels }: Plan, name: string) {
  return labels.find((label) => label.name === name)!;
}

const three = poolConfig({ minReady: 3 });

Deno.test("the configuration in force, under another path, with comments and in another order, would change nothing", async () => {
  await using virtual = await settled(three, { ready: 3 });
  const [labels, providers] = three.split("providers:\n");
  const texts = [three, `# a comment\n${three}`, `providers:\n${providers}${labels}`];
  for (const text of texts) {
    const told = await plan(virtual, text);
    assert.deepEqual([told.would_change, told.changes, told.effects, told.problems], [false, [], [], []]);
    assert.match(renderConfigPlan(told), /^new\.yaml would change nothing\n$/);
  }
});

Deno.test("a pool that is still being filled is no effect of a configuration that does not change it", async () => {
  await using virtual = await VirtualPool.start({ config: three });
  await virtual.clock.advance(MINUTE / 4);
  const told = await plan(virtual, three);
  assert.deepEqual([told.would_change, told.effects], [false, []]);
});

Deno.test("what a plan says of nodes is what the pool does once the configuration is in force", async () => {
  const limits = "limits: {idle: 60}\n";
  const two = poolConfig({ minReady: 3, more: ["large"] });
  const changes: readonly [why: string, before: string, after: string, ready: number][] = [
    ["a label that is renamed", three, three.replace("name: small", "name: tiny"), 3],
    ["a label that goes", two, three, 6],
    ["a label that comes", three, two, 3],
    ["min-ready raised", three, poolConfig({ minReady: 5 }), 3],
    ["min-ready lowered", three + limits, poolConfig({ minReady: 1 }) + limits, 3],
    [
      "min-ready lowered where surplus stays",
      `${three}limits: {idle: 0}\n`,
      `${poolConfig({ minReady: 1 })}limits: {idle: 0}\n`,
      3,
    ],
    ["max-servers lowered below use", three, poolConfig({ minReady: 3, maxServers: 1 }), 3],
    [
      "max-servers raised",
      poolConfig({ minReady: 9, maxServers: 4 }),
      poolConfig({ minReady: 9, maxServers: 6 }),
      4,
    ],
    ["a provider that is retired", three, poolConfig({ minReady: 3, maxServers: -1 }), 3],
    [
      "an image that is renamed",
      three,
      three.replaceAll("name: debian\n", "name: bookworm\n").replaceAll(
        "image: debian\n",
        "image: bookworm\n",
      ),
      3,
    ],
    ["a label that is disabled", three, three.replace("min-ready: 3", "min-ready: -1"), 3],
  ];
  for (const [why, before, after, ready] of changes) {
    await using virtual = await settled(before, { ready });
    const ids = new Set(virtual.pool.report().nodes.map(({ id }) => id));
    const told = await plan(virtual, after);
    await virtual.during(virtual.reconfigure(after));
    await virtual.clock.advance(12 * MINUTE);
    const nodes = virtual.pool.report().nodes;
    for (const { name, kept, launched, deleted, nodes: before } of told.labels) {
      const left = nodes.filter(({ label }) => label === name);
      const became = {
        kept: left.filter(({ id }) => ids.has(id)).length,
        launched: left.filter(({ id }) => !ids.has(id)).length,
      };
      assert.deepEqual({ kept, launched }, became, `${why}: label ${name}`);
      assert.equal(deleted.reduce((sum, { count }) => sum + count, 0), before - kept, why);
    }
    assert.ok(told.would_change, why);
  }
});

Deno.test("nodes above min-ready are told with the time after which they go", async () => {
  await using virtual = await settled(three, { ready: 3 });
  const told = await plan(virtual, poolConfig({ minReady: 1 }));
  assert.deepEqual(told.effects, ["label small: nodes: 2 to delete (not needed for 10m), 1 kept"]);
});

Deno.test("a renamed label is one that goes with its nodes and one that comes", async () => {
  await using virtual = await settled(three, { ready: 3 });
  const told = await plan(virtual, three.replace("name: small", "name: tiny"));
  assert.equal(
    renderConfigPlan(told),
    `configuration:
  label small: removed
  label tiny: added
pool:
  label tiny: nodes: 3 to launch
  label small: nodes: 3 to delete (the configuration no longer has label small), 0 kept
new.yaml would change the pool; none of it is in force yet
`,
  );
  assert.deepEqual([labelOf(told, "small").change, labelOf(told, "tiny").change], ["removed", "added"]);
});

Deno.test("min-ready that the new limits can never hold is told with the sum, shared providers included", async () => {
  await using virtual = await settled(poolConfig({ minReady: 3, more: ["large"] }), { ready: 6 });
  const told = await plan(virtual, poolConfig({ minReady: 3, more: ["large"], maxServers: 4 }));
  const possible = told.labels.map(({ possible }) => possible);
  assert.equal(possible[0]! + possible[1]!, 4, "each would fit alone");
  assert.match(
    told.warnings.join("\n"),
    /label \w+: min-ready 3 cannot be met, even with no node in use: .*max-servers 4\/4/,
  );
  assert.match(
    told.warnings.join("\n"),
    /provider main: has 6 servers, more than max-servers 4: nothing is launched until fewer than 4 are left/,
  );
});

Deno.test("a request that can no longer be met is named with the reason; one that waits anyway is not", async () => {
  await using virtual = await settled(poolConfig({ minReady: 0, maxServers: 3 }), { ready: 0 });
  const ask = (count: number) =>
    virtual.during(
      virtual.ask("request", { label: "small", count, job: null, client: null, deadline: null }),
    );
  const first = await virtual.acquire("small", 2);
  assert.equal(first.length, 2);
  const { id } = await ask(3);
  assert.deepEqual((await plan(virtual, poolConfig({ minReady: 0, maxServers: 4 }))).requests, []);
  const lowered = await plan(virtual, poolConfig({ minReady: 0, maxServers: 2 }));
  assert.deepEqual(lowered.requests.map((request) => request.id), [id]);
  assert.match(
    lowered.effects.join("\n"),
    /request \d+ for small: can no longer be met: it asks for 3 nodes, but at most 2/,
  );
  const gone = await plan(
    virtual,
    poolConfig({ minReady: 0, maxServers: 3 }).replace("name: small", "name: tiny"),
  );
  assert.match(gone.requests[0]!.message, /no longer has label small/);
});

Deno.test("a provider that goes, is retired or leads to another cloud while nodes are there is warned of", async () => {
  const clouds = [{ name: "one" }, { name: "two" }];
  const both = poolConfig({ minReady: 4, clouds: ["one", "two"], maxServers: 2 });
  await using virtual = await settled(both, { ready: 4, clouds });
  const removed = await plan(virtual, poolConfig({ minReady: 4, clouds: ["one"], maxServers: 2 }));
  assert.match(
    removed.warnings.join("\n"),
    /provider two: not in the configuration, but 2 nodes are left there/,
  );
  const retired = await plan(
    virtual,
    both.replace(/max-servers: 2(?![\s\S]*max-servers)/, "max-servers: -1"),
  );
  assert.match(
    retired.warnings.join("\n"),
    /provider two: retired: nothing new is launched; its 2 nodes stay until used/,
  );
  assert.deepEqual([labelOf(retired, "small").kept, labelOf(retired, "small").launched], [4, 0]);
  const moved = await plan(virtual, both.replace("cloud: two", "cloud: one"));
  assert.match(
    moved.warnings.join("\n"),
    /provider two: leads to another cloud, but 2 nodes are left on the previous one/,
  );
  assert.deepEqual(moved.providers.map(({ name, state }) => [name, state]), [["two", "moved"]]);
});

Deno.test("settings that only a start takes are named apart, and no secret is shown", async () => {
  await using virtual = await settled(three, { ready: 3 });
  const told = await plan(
    virtual,
    `${three}state: /elsewhere.kv\nlog: {level: debug}\ntargets:\n  - name: j\n    jenkins: {url: 'http://j', user: u, apikey: hush-hush}\n`,
  );
  assert.match(told.at_next_start.join("\n"), /^state .* -> \/elsewhere\.kv\nlog\.level info -> debug$/);
  assert.doesNotMatch(JSON.stringify(told), /hush/);
});

Deno.test("a configuration that cannot be used says why, as config-validate does, and would change nothing", async () => {
  await using virtual = await settled(three, { ready: 3 });
  const told = await plan(virtual, three.replace("max-servers: 10", "max-servers: many"));
  assert.equal(told.would_change, false);
  assert.match(
    told.problems.map(formatProblem).join("\n"),
    /^new\.yaml:\d+:\d+: providers\[0\]\.max-servers: /,
  );
  assert.equal(virtual.count("ready"), 3);
});

Deno.test("images and builds that go or are made are named with why", async () => {
  const one = imageConfig({ built: ["noble"], minReady: 1 });
  await using virtual = await VirtualPool.start({ config: one });
  await virtual.until(() => virtual.count("ready") === 1 && readyImages(virtual).length === 1, 60 * MINUTE);
  assert.deepEqual((await plan(virtual, one)).effects, []);
  const more = await plan(virtual, imageConfig({ built: ["noble", "jammy"], minReady: 1 }));
  assert.deepEqual(more.effects, ["label jammy: nodes: 1 to launch", "diskimage jammy: to build"]);
  const renamed = await plan(virtual, one.replaceAll("noble", "resolute"));
  assert.deepEqual(renamed.effects.map((line) => line.replace(/^(build|image)(.*): \d+/, "$1$2: ID")), [
    "label resolute: nodes: 1 to launch",
    "label noble: nodes: 1 to delete (the configuration no longer has label noble), 0 kept",
    "build of diskimage noble: ID to delete (the configuration has no diskimage noble)",
    "image noble on simulator: ID to delete (the configuration no longer has image noble for simulator)",
    "diskimage resolute: to build",
  ]);
});

Deno.test("the log of a reload has the effects that a plan foretold, one line each", async () => {
  await using virtual = await settled(three, { ready: 3 });
  const changed = poolConfig({ minReady: 5, maxServers: 4 });
  const told = await plan(virtual, changed);
  const logged = await loggedLines(() => virtual.during(virtual.reconfigure(changed)));
  const effects = logged.flatMap(({ properties }) => properties.effect ?? []);
  assert.deepEqual(effects, [...told.effects, ...told.warnings]);
  assert.equal(effects.length, 2);
});
