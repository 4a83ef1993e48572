/** What becomes of the daemon's machine: killed processes, copies of its state, restored ones, a second daemon on one. */
import { copyMemoryStore } from "../../../scenarios/copy_memory_store.ts";
import type { Store } from "../../../../src/store/store.ts";
import { VirtualPool } from "../../../scenarios/virtual_pool.ts";
import { type ActionOf, type Copy, pick, type Scene } from "./scene.ts";

export function copyState({ one, copies }: Scene): void {
  const numbers = one.simulator.cloud().servers.standing().map(({ sequence }) => sequence);
  copies.push({ store: one.copyState(), newest: Math.max(0, ...numbers) });
}

/**
 * On the same machine the state's witness there tells that it is not the newest; on another one only servers do that
 * were made since.
 */
export async function restoreState(scene: Scene, { which, elsewhere }: ActionOf<"restore">): Promise<void> {
  const copy = pick(scene.copies, which);
  if (copy === null) return;
  await kill(scene);
  const doubt = elsewhere && isShownAsOld(scene, copy) ? null : "it was restored from a copy";
  await start(scene, copyMemoryStore(copy.store, { doubt }));
}

/** Whether listings show servers that were made since the copy. */
function isShownAsOld({ one: { simulator }, witness }: Scene, { newest }: Copy): boolean {
  return simulator.faults.length === 0 &&
    simulator.cloud().servers.standing().some(({ id, sequence, goneAt }) =>
      sequence > newest && goneAt === Infinity && !witness.edited.has(id) && !witness.foreign.has(id)
    );
}

export async function crash(scene: Scene, { down, wall }: ActionOf<"crash">): Promise<void> {
  await kill(scene);
  scene.one.clock.stepWall(wall);
  await scene.pass(down);
  await start(scene, scene.one.store);
}

async function kill(scene: Scene): Promise<void> {
  scene.isDown = true;
  await scene.one.killPool();
}

async function start(scene: Scene, store: Store): Promise<void> {
  scene.one.store = store;
  await scene.one.startPool({ config: scene.config });
  scene.isDown = false;
}

/** Nobody asks it for anything: it only lives. */
export async function startSecond(scene: Scene, { which, time }: ActionOf<"second">): Promise<void> {
  if (scene.two !== null) return;
  const { one, config, seed } = scene;
  const copy = which === null ? null : pick(scene.copies, which);
  const store = copy === null ? one.copyState() : copyMemoryStore(copy.store);
  scene.two = await VirtualPool.start({ config, beside: one, store, random: seed + 1_000_000 });
  scene.later(time, () => endSecond(scene));
}

export async function endSecond(scene: Scene): Promise<void> {
  const { two } = scene;
  scene.two = null;
  await two?.killPool();
}
