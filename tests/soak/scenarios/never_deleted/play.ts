/**
 * Carries out a schedule on a pool that has jobs from the beginning, and lets it recover afterwards. What happened is
 * written down, for whoever has to understand a violation.
 */
import { MINUTE } from "../../../../src/domain/time.ts";
import { release, takeNodes } from "./clients.ts";
import { copyState, crash, restoreState, startSecond } from "./machine.ts";
import { changeImages, deleteNode, holdNode, reconfigure } from "./operator.ts";
import { editMarks, loseServer, makeForeign, moveFloatingIp } from "./outsiders.ts";
import type { PoolKind } from "./pool_kind.ts";
import { recover } from "./recover.ts";
import { violationOf } from "../observed_run.ts";
import { type ActionOf, pick, Scene } from "./scene.ts";
import { type Action, actionText, listingFaults, type Schedule } from "./schedule.ts";

export interface Outcome {
  /** null: all was as it should be. */
  readonly violation: string | null;
  readonly log: readonly string[];
}

/** The same seed and schedule have the same outcome. */
export async function play(
  schedule: Schedule,
  { seed, kind }: { seed: number; kind: PoolKind },
): Promise<Outcome> {
  await using scene = await Scene.open({ seed, kind });
  try {
    await scene.one.during(takeNodes(scene, 2), 30 * MINUTE);
    await scene.fill();
    for (const { after, action } of schedule) {
      await scene.pass(after);
      scene.tell(`— ${actionText(action)}`);
      await carryOut(action, scene);
      await scene.pass(0);
    }
    await recover(scene);
    return { violation: null, log: scene.log };
  } catch (error) {
    return { violation: violationOf(error), log: scene.log };
  }
}

async function carryOut(action: Action, scene: Scene): Promise<void> {
  switch (action.type) {
    case "faults":
      return armFaults(scene, action);
    case "acquire":
      scene.under.push(takeNodes(scene, action.count).then(() => {}));
      return;
    case "release":
      return await release(scene, pick([...scene.witness.jobs], action.which), action);
    case "hold":
      return await holdNode(scene, action.which);
    case "delete":
      return await deleteNode(scene, action.which);
    case "wall":
      return scene.one.clock.stepWall(action.by);
    case "edit":
      return editMarks(scene, action);
    case "foreign":
      makeForeign(scene, action.marks);
      return;
    case "vanish":
      return loseServer(scene, action.which);
    case "floating-ip":
      return moveFloatingIp(scene, action);
    case "copy":
      return copyState(scene);
    case "restore":
      return await restoreState(scene, action);
    case "crash":
      return await crash(scene, action);
    case "second":
      return await startSecond(scene, action);
    case "reconfigure":
      return await reconfigure(scene, action.minReady);
    case "image":
      return await changeImages(scene, action.what);
  }
}

function armFaults(scene: Scene, { faults, operation, probability, time }: ActionOf<"faults">): void {
  const { simulator } = scene.one;
  const armed = faults.map((fault) =>
    simulator.arm({ fault, probability, operation: listingFaults.includes(fault) ? null : operation })
  );
  scene.later(time, () => {
    for (const { id } of armed) simulator.disarm(id);
  });
}
