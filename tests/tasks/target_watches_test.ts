/** The watches over targets, in virtual time. */
import assert from "node:assert/strict";
import type { TargetConfig } from "../../src/domain/config.ts";
import type { TargetState } from "../../src/domain/target_state.ts";
import { SECOND } from "../../src/domain/time.ts";
import { VirtualClock } from "../virtual_clock.ts";
import type { Gearman } from "../../src/demand/gearman/gearman.ts";
import type { Target } from "../../src/targets/target.ts";
import { TaskRegistry } from "../../src/tasks/task_registry.ts";
import { TargetWatches } from "../../src/tasks/target_watches.ts";
import { sampleConfig } from "../views/sample_pool.ts";
import { NOW } from "../plan/plan_fixtures.ts";

const JENKINS = { url: "http://ci/", user: null, apiKey: null, credentialsId: null, testJob: null };
const OFFLINE: TargetState = { online: false, reason: "no Gearman server is connected" };

function target(name: string, fields: Partial<TargetConfig> = {}): TargetConfig {
  return { ...sampleConfig().targets[0]!, name, assignViaGearman: false, jenkins: JENKINS, ...fields };
}

function kit() {
  const clock = new VirtualClock(NOW);
  const states = new Map<string, TargetState>();
  const opened: string[] = [];
  const closed: string[] = [];
  const gearman = { gearman: null as Gearman | null, state: OFFLINE };
  let [woken, looks] = [0, 0];
  const tasks = new TaskRegistry({ clock, onError: (task, error) => assert.fail(`${task}: ${error}`) });
  const watches = new TargetWatches({
    clock,
    tasks,
    gearman,
    openTarget({ name }) {
      opened.push(name);
      return {
        name,
        observe() {
          looks++;
          return Promise.resolve(states.get(name) ?? { online: true });
        },
        [Symbol.asyncDispose]() {
          closed.push(name);
          return Promise.resolve();
        },
      } as Partial<Target> as Target;
    },
    wake: () => woken++,
  });
  return {
    clock,
    states,
    opened,
    closed,
    gearman,
    watches,
    woken: () => woken,
    look(count: number) {
      tasks.start();
      return clock.advanceUntil(() => looks >= count, { within: 60 * SECOND });
    },
  };
}

Deno.test("TargetWatches: a Jenkins takes no nodes before it has been asked", async () => {
  const { watches, look, woken } = kit();
  await using _watches = watches;
  await watches.configure([target("ci")]);
  assert.deepEqual([...watches.states()], [["ci", { online: false, reason: "not contacted yet" }]]);
  await look(1);
  await watches.configure([target("ci")]);
  assert.deepEqual([...watches.states()], [["ci", { online: true }]]);
  assert.equal(woken(), 1);
});

Deno.test("TargetWatches: it is asked every ten seconds, and only a change wakes the pool", async () => {
  const { watches, look, woken, states, clock } = kit();
  await using _watches = watches;
  await watches.configure([target("ci")]);
  await look(2);
  assert.deepEqual([clock.now(), woken()], [NOW + 10 * SECOND, 1]);
  states.set("ci", { online: false, reason: "it is quieting down" });
  await look(3);
  assert.deepEqual(watches.states().get("ci"), { online: false, reason: "it is quieting down" });
  assert.equal(woken(), 2);
});

Deno.test("TargetWatches: managers behind Gearman are there while a server is", async () => {
  const { watches, gearman, opened } = kit();
  await using _watches = watches;
  await watches.configure([target("ci", { assignViaGearman: true })]);
  assert.deepEqual([...watches.states()], [["ci", OFFLINE]]);
  assert.equal(watches.get("ci"), null);
  const server = {} as Gearman;
  Object.assign(gearman, { gearman: server, state: { online: true } });
  assert.deepEqual([...watches.states()], [["ci", { online: true }]]);
  const access = watches.get("ci");
  assert.ok(access?.type === "gearman" && access.gearman === server);
  assert.deepEqual(opened, [], "its Jenkins is not asked");
});

Deno.test("TargetWatches: a target that takes no nodes by itself has no state", async () => {
  const { watches } = kit();
  await using _watches = watches;
  await watches.configure([target("none", { jenkins: null })]);
  assert.deepEqual([watches.states().size, watches.get("none"), watches.get("other")], [0, null, null]);
});

Deno.test("TargetWatches: only what a connection depends on makes a new one", async () => {
  const { watches, opened, closed } = kit();
  await using _watches = watches;
  await watches.configure([target("a"), target("b")]);
  await watches.configure([target("a", { hostname: "{node_id}" }), target("b", { rate: 5 * SECOND })]);
  assert.deepEqual([opened, closed], [["a", "b", "b"], ["b"]]);
  const access = watches.get("a");
  assert.equal(access?.config.hostname, "{node_id}", "the configuration in force is what counts");
  await watches.configure([target("a", { hostname: "{node_id}" })]);
  assert.deepEqual([closed, watches.get("b")], [["b", "b"], null]);
});
