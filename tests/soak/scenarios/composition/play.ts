/**
 * Carries out a sequence, and looks afterwards whether nothing runs, nothing is lost and the others were served. What
 * happened is written down, for whoever has to understand a violation.
 */
import type { NodeRecord } from "../../../../src/domain/node.ts";
import { serverIdOf } from "../../../../src/domain/node.ts";
import { pick } from "../never_deleted/scene.ts";
import { beClient, type Wish } from "./client.ts";
import { configs } from "./configs.ts";
import { outages } from "./outages.ts";
import { violationOf } from "../observed_run.ts";
import { Stage } from "./stage.ts";
import { type Sequence, type Step, type StepOf, stepText } from "./step.ts";
import { assertEnded, assertNothingLost, assertNothingRuns, assertServed } from "./verdict.ts";

export interface Outcome {
  /** null: all was as it should be. */
  readonly violation: string | null;
  readonly log: readonly string[];
}

/** The same seed and sequence have the same outcome. */
export async function play(sequence: Sequence, { seed }: { seed: number }): Promise<Outcome> {
  await using stage = await Stage.open(seed);
  try {
    for (const { after, step } of sequence) {
      await stage.pass(after);
      stage.tell(`— ${stepText(step)}`);
      await carryOut(step, stage);
      await stage.pass(0);
    }
    await assertServed(stage, { hit: stage.hit });
    await stage.mend();
    await reload(stage, { to: ["the usual configuration"], turns: 0, unopenable: false });
    await assertServed(stage, { hit: new Set() });
    await assertNothingLost(stage);
    await endDaemon(stage, "stop");
    await assertNothingRuns(stage);
    return { violation: null, log: stage.log };
  } catch (error) {
    return { violation: violationOf(error), log: stage.log };
  }
}

async function carryOut(step: Step, stage: Stage): Promise<void> {
  switch (step.type) {
    case "reload":
      return await reload(stage, step);
    case "restart":
      return await restart(stage, step);
    case "wake":
      return wake(stage, step);
    case "outage":
      return breakCloud(stage, step);
    case "listener":
      return addListener(stage, step);
    case "broken record":
      return breakRecord(stage, step);
    case "broken edit":
      return await editWrongly(stage, step);
    case "impossible":
      return addClient(stage, { ...step, count: 50, patience: null, withdraws: false, use: 0 });
    case "acquire":
      return addClient(stage, step);
    case "wall":
      return stage.virtual.clock.stepWall(step.by);
  }
}

async function reload(
  stage: Stage,
  { to, turns, unopenable }: Omit<StepOf<"reload">, "type">,
): Promise<void> {
  const { virtual, opening } = stage;
  opening.fails = unopenable;
  const readings: Promise<PromiseSettledResult<unknown>[]>[] = [];
  for (const name of to) {
    readings.push(Promise.allSettled([virtual.reconfigure(configs[name])]));
    // The next one comes while this one takes effect.
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  }
  const results = (await virtual.during(Promise.all(readings))).flat();
  opening.fails = false;
  stage.isClosed = results.at(-1)!.status === "rejected";
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    const text = `the reload failed: ${result.reason?.message ?? result.reason}`;
    if (unopenable) stage.tell(text);
    else stage.fail(text);
  }
  stage.noteConfig(to.at(-1)!);
}

async function restart(stage: Stage, { how, down }: StepOf<"restart">): Promise<void> {
  await endDaemon(stage, how);
  await stage.pass(down);
  await stage.start();
}

async function endDaemon(stage: Stage, how: StepOf<"restart">["how"]): Promise<void> {
  const { virtual, virtual: { pool } } = stage;
  const reloading = how === "stop during a reload" ? pool.reload().catch(() => {}) : Promise.resolve();
  stage.end();
  if (how === "stop twice") pool[Symbol.asyncDispose]();
  await (how === "kill" ? virtual.killPool() : virtual.stopPool());
  await virtual.during(reloading);
  assertEnded(stage);
}

function wake({ tasks, taskNames }: Stage, { which, times }: StepOf<"wake">): void {
  const name = pick(taskNames, which);
  for (let time = 0; time < times && name !== null; time++) tasks.wake(name);
}

function breakCloud(stage: Stage, { cloud, way, operation, time }: StepOf<"outage">): void {
  const { id } = stage.virtual.simulator.arm({ ...outages[way], cloud, operation });
  const { outages: of } = stage;
  of.set(cloud, (of.get(cloud) ?? 0) + 1);
  stage.later(time, () => {
    stage.virtual.simulator.disarm(id);
    const left = of.get(cloud)! - 1;
    if (left === 0) of.delete(cloud);
    else of.set(cloud, left);
  });
}

function addListener(stage: Stage, { time }: StepOf<"listener">): void {
  const listener = stage.virtual.pool.ledger.subscribe(() => {
    throw new TypeError("a defect of a listener");
  });
  stage.listeners.add(listener);
  stage.later(time, () => listener[Symbol.dispose]());
}

function breakRecord(stage: Stage, { which, time }: StepOf<"broken record">): void {
  const serverId = serverIdOfNode(pick(stage.virtual.pool.report().nodes, which));
  if (serverId === null) return;
  stage.brokenServers.add(serverId);
  stage.later(time, () => void stage.brokenServers.delete(serverId));
}

function serverIdOfNode(node: NodeRecord | null): string | null {
  return node === null ? null : serverIdOf(node);
}

async function editWrongly(stage: Stage, { which }: StepOf<"broken edit">): Promise<void> {
  const node = pick(stage.virtual.pool.report().nodes, which);
  if (node === null) return;
  const editing = stage.virtual.pool.ledger.edit((edit) =>
    edit.putNode({ ...edit.node(node.id)!, attempt: NaN })
  );
  const outcome = await stage.virtual.during(editing.then(() => "stored", () => "refused"));
  if (outcome === "stored") stage.fail("an edit was stored that cannot be read again");
}

function addClient(stage: Stage, wish: Wish): void {
  stage.addClient((name) => beClient(stage, name, wish));
}
