/**
 * Who takes nodes and gives them back, by what `nodepool acquire` and `release` do: whatever is not answered is asked of
 * whoever leads then. What they have is what they know.
 */
import { serverIdOf } from "../../../../src/domain/node.ts";
import { type Milliseconds, SECOND } from "../../../../src/domain/time.ts";
import { orAborted } from "../../../../src/lib/or_aborted.ts";
import type { VirtualPool } from "../../../scenarios/virtual_pool.ts";
import type { World } from "./world.ts";

/** Between two attempts. */
const PAUSE = SECOND;

/** Takes nodes, works on them for so long, and gives them back. */
export async function useNodes(
  world: World,
  { name, count, time }: { name: string; count: number; time: Milliseconds },
): Promise<void> {
  const spec = { label: "small", count, job: null, client: name, deadline: null, token: name };
  const { id } = await ask(world, (pool) => pool.ask("request", spec));
  const { ids, servers } = await ask(world, async (pool, signal) => {
    const { nodes } = await pool.ask("request-grant", { id }, { signal });
    const ids = nodes.map((node) => node.id);
    return { ids, servers: ids.map((id) => serverIdOf(pool.pool.ledger.nodes.get(id)!)!) };
  });
  world.tell(`${name} has nodes ${ids.join(", ")}`);
  const jobs = ids.map((nodeId, index) => ({ nodeId, serverIds: [servers[index]!], floatingIps: [] }));
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
