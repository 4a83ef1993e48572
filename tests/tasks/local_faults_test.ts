import assert from "node:assert/strict";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { LocalFaults } from "../../src/tasks/local_faults.ts";
import { parseAlone } from "../config/fake_environment.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { VirtualClock } from "../virtual_clock.ts";

const { config } = await parseAlone("labels: []\nproviders: []\n");

function faultsOf(lookAtBuilds: () => Promise<ReadonlyMap<string, string>>) {
  const clock = new VirtualClock();
  const faults = new LocalFaults({
    clock,
    readKey: () => Promise.resolve(),
    stat: () => Promise.resolve(null),
    lookAtBuilds,
  });
  return { clock, look: () => faults.look(config), faults };
}

Deno.test("a folder whose disk does not answer holds up a look once, for two seconds; its answer counts when it comes", async () => {
  const answer = Promise.withResolvers<ReadonlyMap<string, string>>();
  let looks = 0;
  const { clock, faults, look } = faultsOf(() => (looks++, answer.promise));
  let isOver = false;
  const first = look().then(() => isOver = true);
  await clock.advance(2 * SECOND - 1);
  assert.equal(isOver, false);
  await clock.advance(1);
  assert.equal(isOver, true);
  await first;
  await clock.advance(5 * SECOND);
  await Promise.all([look(), clock.advance(1)]);
  assert.equal(looks, 1, "one look at a time");
  answer.resolve(new Map([["/images", "not mounted"]]));
  await clock.advance(5 * SECOND);
  await look();
  assert.deepEqual([...faults.found], [["/images", "not mounted"]]);
});

Deno.test("builds are lost once their folder has not been in its place for six hours", async () => {
  let missing = new Map([["/images", "not mounted"]]);
  const { clock, faults, look } = faultsOf(() => Promise.resolve(missing));
  const logged = await loggedLines(async () => {
    for (const rest of [0, 5 * HOUR, 59 * MINUTE]) {
      await clock.advance(rest);
      await look();
      assert.deepEqual([...faults.found.keys()], ["/images"]);
    }
    await clock.advance(MINUTE);
    await look();
    assert.deepEqual([...faults.found], []);
    await clock.advance(MINUTE);
    await look();
    missing = new Map();
    await clock.advance(MINUTE);
    await look();
    missing = new Map([["/images", "not mounted again"]]);
    await clock.advance(MINUTE);
    await look();
    assert.deepEqual([...faults.found], [["/images", "not mounted again"]]);
  });
  assert.equal(logged.filter(({ message }) => message.join("").includes("count as lost")).length, 1);
  assert.equal(logged.filter(({ message }) => message.join("").includes("not mounted")).length, 2);
});
