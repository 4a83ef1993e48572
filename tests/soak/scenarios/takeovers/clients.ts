/**
 * Who takes nodes and gives them back, by what `nodepool acquire` and `release` do: whatever is not answered is asked of
 * whoever leads then. What they have is what they know.
 */
import { serverIdOf } from "../../../../src/domain/node.ts";
import { type Milliseconds, SECOND } from "../../../../src/domain/time.ts";
import { orAborted } from "../../../../src/lib/or_aborted.ts";
import type { VirtualPool } from "../../../scenarios/virtual_pool.ts";
import type { Job } from "../never_deleted/witness.ts";
import type { World } from "./world.ts";

/** Between two attempts. */
const PAUSE = SECOND;

/** Takes nodes, works on them for so long, and gives them back. */
export async function useNodes(
  world: World,
  { name, count, time }: { name: string; count: number; time: Milliseconds },
): Promise<void> {
  const spec = { label: world.label, count, job: null, client: name, deadline: null, token: name };
  const { id } = await ask(world, (pool) => pool.ask("request", spec));
  const jobs = await ask(world, async (pool, signal) => {
    const { nodes } = await pool.ask("request-grant", { id }, { signal });
    return nodes.map((node) => jobOn(node.id, pool));
  });
  const ids = jobs.map(({ nodeId }) => nodeId);
  world.tell(`${name} has nodes ${ids.join(", ")}`);
  for (const job of jobs) world.witness.take(job);
  await ask(world, (pool) => pool.ask("request-confirm", { id }));
  await world.clock.sleep(time);
  for (const job of jobs) world.witness.jobs.delete(job);
  await ask(world, async (pool) => {
    const known = ids.filter((id) => pool.pool.ledger.nodes.has(id));
    if (known.length > 0) await pool.ask("release", { ids: known, result: "SUCCESS", job: null });
  });
  world.tell(`${name} is done with nodes ${ids.join(", ")}`);
}

function jobOn(nodeId: number, { pool }: VirtualPool): Job {
  const all = pool.report().nodes.filter(({ id, parentId }) => id === nodeId || parentId === nodeId);
  const floatingIps = all.flatMap((node) =>
    node.floatingIp === null ? [] : [{ id: node.floatingIp.id, serverId: serverIdOf(node) }]
  );
  const own = all.toSorted((a, b) => (a.parentId ?? 0) - (b.parentId ?? 0));
  return { nodeId, serverIds: own.flatMap((node) => serverIdOf(node) ?? []), floatingIps };
}

/** The operator keeps a node that a client has: one that is granted while it is held may be held when its client hears of it. */
export async function holdNode(world: World, which: number): Promise<void> {
  const jobs = [...world.witness.jobs];
  const job = jobs[which % Math.max(1, jobs.length)];
  if (job === undefined) return;
  await ask(world, async (pool) => {
    const hold = { reason: "to be looked at", owner: "ada", duration: null };
    const [outcome] = await pool.ask("hold", { ids: [job.nodeId], ...hold });
    world.tell(`node ${job.nodeId}: ${outcome!.message}`);
    if (outcome!.ok) world.witness.held.add(job.serverIds[0]!);
  });
}

/** The operator needs none of the held nodes any more. */
export async function deleteHeld(world: World): Promise<void> {
  world.witness.held.clear();
  await ask(world, async (pool) => {
    const ids = pool.pool.report().nodes.filter(({ hold }) => hold !== null).map(({ id }) => id);
    if (ids.length > 0) await pool.ask("delete", { ids, comment: "not needed" });
  });
}

async function ask<Answer>(
  world: World,
  question: (pool: VirtualPool, signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const { signal } = world.over;
  for (;;) {
    signal.throwIfAborted();
    const { pool = null, process } = world.leader ?? {};
    if (pool !== null && process !== undefined) {
      const until = AbortSignal.any([process.signal, signal]);
      try {
        return await process.answer(() => orAborted(question(pool, until), until));
      } catch (error) {
        signal.throwIfAborted();
        world.lastRefusal = error instanceof Error ? error.message : String(error);
      }
    }
    await world.clock.sleep(PAUSE, { signal });
  }
}
