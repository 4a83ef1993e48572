/** Commands that wait say what they wait for, what helps, and at their end what it was. */
import assert from "node:assert/strict";
import type { ObstacleView } from "../../src/views/obstacle_view.ts";
import { eventually } from "../eventually.ts";
import { CliBench } from "./run.ts";

function obstacle(fields: Partial<ObstacleView> = {}): ObstacleView {
  return {
    provider: "alpha",
    kind: "flavor-missing",
    message: "no flavor named g1.gpu",
    since: null,
    until: null,
    cure: "repair",
    remedy: "correct providers[alpha].images[big].flavor-name",
    manual: "missing-flavor",
    ...fields,
  };
}

const full = obstacle({
  kind: "max-servers",
  message: "max-servers 3/3",
  cure: "time",
  remedy: "raise max-servers of alpha",
  manual: null,
});

const FLAVOR = "nodepool: waiting for 1 of noble: alpha: no flavor named g1.gpu; gives up in 10m\n" +
  "nodepool: remedy: correct providers[alpha].images[big].flavor-name; see: nodepool manual missing-flavor\n";

const of = (...obstacles: ObstacleView[]) => ({ what: ["request 9"], obstacles });

async function waiting(bench: CliBench, ...options: string[]) {
  const running = bench.run("acquire", "noble", ...options);
  await eventually(() => bench.pool.calls.includes("wait-grant 9"));
  return running;
}

Deno.test("acquire says at once what it waits for, what helps and until when, and again when that changes", async () => {
  await using bench = await CliBench.open();
  bench.pool.tell(of(obstacle()));
  const running = waiting(bench);
  await eventually(() => bench.stderr === FLAVOR);
  bench.pool.tell(of(full));
  const changed = `${FLAVOR}nodepool: waiting for 1 of noble: alpha: max-servers 3/3; gives up in 10m\n` +
    "nodepool: remedy: raise max-servers of alpha\n";
  await eventually(() => bench.stderr === changed);
  bench.interrupt();
  const { stderr } = await running;
  assert.equal(
    stderr,
    `${changed}nodepool: interrupted while waiting for 1 of noble: alpha: max-servers 3/3; raise max-servers of alpha\n`,
  );
});

Deno.test("acquire that nobody can give a reason says within a second that it waits", async () => {
  await using bench = await CliBench.open();
  const running = waiting(bench);
  await eventually(() => bench.stderr !== "", () => bench.clock.advance(250));
  assert.match(bench.stderr, /^nodepool: waiting for 1 of noble; gives up in 9m 5\ds\n$/);
  bench.interrupt();
  await running;
});

Deno.test("a reason that comes and goes is not told each time", async () => {
  await using bench = await CliBench.open();
  bench.pool.tell(of(obstacle()));
  const running = waiting(bench);
  await eventually(() => bench.stderr === FLAVOR);
  bench.pool.tell(of(full));
  bench.pool.tell(of(obstacle()));
  bench.pool.tell(of(full));
  bench.interrupt();
  const { stderr } = await running;
  assert.equal(stderr.split("no flavor named g1.gpu; gives").length, 2);
});

const cures: readonly (readonly [string, ObstacleView[], string[], boolean])[] = [
  ["only another configuration cures", [obstacle({ cure: "configuration" })], [], true],
  ["somebody has to repair", [obstacle()], [], false],
  ["somebody has to repair, with --fail-fast", [obstacle()], ["--fail-fast"], true],
  ["one provider may still get over", [obstacle(), full], ["--fail-fast"], false],
  [
    "only another configuration cures, with --no-fail-fast",
    [obstacle({ cure: "configuration" })],
    ["--no-fail-fast"],
    false,
  ],
];

for (const [what, obstacles, options, fails] of cures) {
  Deno.test(`acquire ${fails ? "fails at once" : "goes on waiting"} for what ${what}`, async () => {
    await using bench = await CliBench.open();
    bench.pool.tell(of(...obstacles));
    const running = waiting(bench, ...options);
    await eventually(() => bench.stderr.includes("remedy"));
    if (!fails) bench.interrupt();
    const { code, stderr } = await running;
    assert.equal(code, 1);
    assert.equal(/no use waiting for 1 of noble: alpha: no flavor/.test(stderr), fails, stderr);
    assert.equal(bench.pool.calls.includes("withdraw 9"), true);
  });
}

const deleting = obstacle({
  kind: "step",
  message: "the cloud is deleting server s6",
  cure: "time",
  remedy: null,
  manual: null,
});

Deno.test("delete --now says what it waits for, and the last reason when it is interrupted", async () => {
  await using bench = await CliBench.open();
  bench.pool.tell({ what: ["node 1"], obstacles: [deleting] });
  const running = bench.run("delete", "1", "--now");
  const line = "nodepool: waiting for node 1 to be deleted: alpha: the cloud is deleting server s6\n";
  await eventually(() => bench.stderr === line);
  bench.interrupt();
  const { code, stderr } = await running;
  assert.equal(code, 1);
  assert.match(stderr, /nodepool: the last reason: alpha: the cloud is deleting server s6\n$/);
});

Deno.test("image-build says what it waits for, and the last reason when it is interrupted", async () => {
  await using bench = await CliBench.open();
  bench.pool.tell({
    what: ["diskimage noble"],
    obstacles: [{ ...deleting, provider: null, message: "no worker" }],
  });
  const running = bench.run("image-build", "noble");
  await eventually(() => bench.stderr === "nodepool: waiting for diskimage noble: no worker\n");
  bench.interrupt();
  const { code, stderr } = await running;
  assert.equal(code, 1);
  assert.match(stderr, /continues it; the last reason: no worker\n$/);
});
