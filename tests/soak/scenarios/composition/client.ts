/**
 * A client of the daemon, as `acquire` is one: it asks, waits, comes back to a daemon that was started again, has its
 * nodes for a while and gives them back; or it loses its patience. Whatever happens, it ends.
 */
import { ControlError } from "../../../../src/control/control_error.ts";
import { type NodeRecord, serverIdOf, stateName } from "../../../../src/domain/node.ts";
import { SECOND } from "../../../../src/domain/time.ts";
import type { VirtualPool } from "../../../scenarios/virtual_pool.ts";
import type { Stage } from "./stage.ts";
import type { StepOf } from "./step.ts";

export type Wish = Omit<StepOf<"acquire">, "type">;

/** What a client remembers of its request. */
interface Asked {
  token: string;
  id: number | null;
  nodes: readonly NodeRecord[] | null;
}

/** @returns what became of it, for people; null: it had its nodes and gave them back */
export async function beClient(stage: Stage, name: string, wish: Wish): Promise<string | null> {
  const { clock } = stage.virtual;
  const done = new AbortController();
  const impatience = new AbortController();
  const patience = wish.patience === null
    ? Promise.resolve()
    : clock.sleep(wish.patience, { signal: done.signal }).then(
      () => impatience.abort(new Error("no patience")),
      () => {},
    );
  const asked: Asked = { token: name, id: null, nodes: null };
  try {
    const nodes = await insist(stage, (daemon) => take(daemon, { asked, wish, signal: impatience.signal }));
    for (const node of nodes) {
      stage.witness.take({ nodeId: node.id, serverIds: [serverIdOf(node)!], floatingIps: [] });
    }
    stage.tell(`${name} has ${nodes.map(({ id }) => `node ${id}`).join(", ")}`);
    await clock.sleep(wish.use);
    await giveBack(stage, nodes);
    return null;
  } catch (error) {
    if (impatience.signal.aborted) return await leave(stage, { asked, wish });
    if (error instanceof ControlError) return error.message;
    throw error;
  } finally {
    done.abort(new Error("done"));
    await patience;
  }
}

async function take(
  daemon: VirtualPool,
  { asked, wish, signal }: { asked: Asked; wish: Wish; signal: AbortSignal },
): Promise<readonly NodeRecord[]> {
  try {
    signal.throwIfAborted();
    const spec = {
      label: wish.label,
      count: wish.count,
      job: null,
      client: null,
      deadline: null,
      token: asked.token,
    };
    asked.id ??= (await daemon.ask("request", spec)).id;
    asked.nodes ??= await daemon.granted(asked.id, { signal });
    await daemon.ask("request-confirm", { id: asked.id });
    return asked.nodes;
  } catch (error) {
    if (error instanceof ControlError && error.status === 410) {
      Object.assign(asked, { token: `${asked.token}+`, id: null, nodes: null });
      return await take(daemon, { asked, wish, signal });
    }
    throw error;
  }
}

async function leave(stage: Stage, { asked: { id }, wish }: { asked: Asked; wish: Wish }): Promise<string> {
  if (id !== null && wish.withdraws) await insist(stage, (daemon) => daemon.ask("request-withdraw", { id }));
  return "it had no more patience";
}

/** What a client has is its own until it says otherwise. */
async function giveBack(stage: Stage, nodes: readonly NodeRecord[]): Promise<void> {
  const ids = nodes.map(({ id }) => id);
  await insist(stage, async (daemon) => {
    const theirs = ids.map((id) => daemon.pool.ledger.nodes.get(id));
    const lost = ids.filter((_, index) => theirs[index] === undefined || stateName(theirs[index]) !== "used");
    if (lost.length > 0) {
      stage.witness.violations.push(`nodes ${lost.join(", ")} are a client's and no longer in use`);
    }
    for (const job of stage.witness.jobs) if (ids.includes(job.nodeId)) stage.witness.jobs.delete(job);
    await daemon.ask("release", {
      ids: ids.filter((id) => !lost.includes(id)),
      result: "SUCCESS",
      job: null,
    });
  });
}

/** Tries it until a daemon answers. @throws ControlError that is an answer */
async function insist<Answer>(stage: Stage, ask: (daemon: VirtualPool) => Promise<Answer>): Promise<Answer> {
  while (true) {
    const { life } = stage;
    try {
      if (!stage.isDown) return await ask(stage.virtual);
    } catch (error) {
      const isStopping = error instanceof ControlError && error.status === 503;
      if (!isStopping && stage.life === life) throw error;
    }
    await stage.virtual.clock.sleep(SECOND);
  }
}
