/** Who has the commands: holds and deletes, changes the configuration and images, and tidies up after a second daemon. */
import { ControlError } from "../../../../src/control/control_error.ts";
import { serverIdOf } from "../../../../src/domain/node.ts";
import { pick, type Scene } from "./scene.ts";

export async function holdNode(scene: Scene, which: number): Promise<void> {
  const node = pick(scene.nodes.filter(({ role }) => role === "node"), which);
  if (node === null) return;
  const { one, witness } = scene;
  const hold = { reason: "to be looked at", owner: "ada", duration: null };
  const [outcome] = await one.during(one.ask("hold", { ids: [node.id], ...hold }));
  scene.tell(`node ${node.id}, server ${serverIdOf(node)}: ${outcome!.message}`);
  if (outcome!.ok) witness.held.add(serverIdOf(node)!);
}

/** Whoever has it: an operator may. */
export async function deleteNode(scene: Scene, which: number): Promise<void> {
  const node = pick(scene.nodes.filter(({ role }) => role === "node"), which);
  if (node === null) return;
  const { one, witness } = scene;
  const serverId = serverIdOf(node)!;
  const job = witness.jobOf(serverId);
  if (job !== undefined) witness.jobs.delete(job);
  witness.held.delete(serverId);
  scene.tell(`the operator deletes node ${node.id}, server ${serverId}`);
  await one.during(one.ask("delete", { ids: [node.id], comment: "not needed" }));
}

export async function reconfigure(scene: Scene, minReady: number): Promise<void> {
  scene.minReady = minReady;
  await scene.one.during(scene.one.reconfigure(scene.config));
}

export async function changeImages(scene: Scene, what: "update" | "delete"): Promise<void> {
  const { one, one: { pool } } = scene;
  if (what === "update") {
    const order = { kind: "update" as const, provider: null, image: scene.label };
    await one.during(one.ask("image-order", order).then(() => {}, refused));
    return;
  }
  const image = pool.report().images.find(({ state }) => state.phase === "ready");
  if (image === undefined) return;
  scene.tell(`the operator deletes image ${image.id}`);
  await one.during(
    one.ask("image-delete", { ids: [image.id], comment: "not needed" }).then(() => {}, refused),
  );
}

/** Does what `status` asks for where servers of another daemon are. */
export async function adoptIfAsked(scene: Scene): Promise<void> {
  const { one, one: { pool }, over: { signal } } = scene;
  const isAsked = pool.report().providers.some(({ frozen, foreign, foreignFloatingIps }) =>
    frozen !== null || foreign.length + foreignFloatingIps.length > 0
  );
  if (!isAsked) return;
  scene.tell("state adopt");
  const { warnings } = await one.during(one.ask("state-adopt", { dryRun: false }, { signal }));
  if (warnings.length > 0) scene.fail(`state adopt: ${warnings.join(", ")}`);
}

function refused(error: unknown): void {
  if (!(error instanceof ControlError)) throw error;
}
