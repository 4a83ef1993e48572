/** Who takes nodes and gives them back. What they have is what they know, whatever the pool's records say. */
import { ControlError } from "../../../../src/control/control_error.ts";
import { type NodeRecord, serverIdOf } from "../../../../src/domain/node.ts";
import type { Pool } from "../../../../src/pool/pool.ts";
import type { Scene } from "./scene.ts";
import type { Job } from "./witness.ts";

/** A client asks for nodes and waits for as long as this daemon lives. @returns whether it has them */
export async function takeNodes(scene: Scene, count: number): Promise<boolean> {
  const { one, one: { pool }, over: { signal } } = scene;
  try {
    const spec = { label: scene.label, count, job: null, client: null, deadline: null };
    const { id } = await one.ask("request", spec);
    const nodes = await one.granted(id, { signal });
    await one.ask("request-confirm", { id });
    for (const node of nodes) beginJob(scene, node, pool);
    return true;
  } catch (error) {
    if (!(error instanceof ControlError) && !signal.aborted) throw error;
    scene.tell(`a client goes without nodes: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

function beginJob(scene: Scene, node: NodeRecord, pool: Pool): void {
  const subnodes = pool.report().nodes.filter(({ parentId }) => parentId === node.id);
  const all = [node, ...subnodes];
  const serverIds = all.flatMap((each) => serverIdOf(each) ?? []);
  const floatingIps = all.flatMap((node) =>
    node.floatingIp === null ? [] : [{ id: node.floatingIp.id, serverId: serverIdOf(node) }]
  );
  scene.tell(`a client has node ${node.id}, server ${serverIds.join(", ")}`);
  scene.witness.take({ nodeId: node.id, serverIds, floatingIps });
}

/** A client looks whether the node of that id is its own, as far as the pool still knows it, and gives it back. */
export async function release(scene: Scene, job: Job | null, { failed }: { failed: boolean }): Promise<void> {
  if (job === null) return;
  const { one, witness } = scene;
  witness.jobs.delete(job);
  scene.tell(`the client of node ${job.nodeId} is done`);
  const node = scene.nodes.find(({ id }) => id === job.nodeId);
  if (node === undefined || serverIdOf(node) !== job.serverIds[0]) return;
  // Who had held it was forgotten with the newer state: all that it knows is that the node may be in use.
  if (node.hold?.mayBeInUse) witness.held.delete(job.serverIds[0]!);
  const end = { result: failed ? "FAILURE" as const : "SUCCESS" as const, job: null };
  await one.during(one.ask("release", { ids: [job.nodeId], ...end }));
}
