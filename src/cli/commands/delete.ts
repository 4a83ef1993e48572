/** `nodepool delete ID… [--now]`: mark nodes for deletion; with --now, wait until the cloud says they are gone. */
import { Command } from "@commander-js/extra-typings";
import type { PoolClient } from "../../control/pool_client.ts";
import type { CliContext } from "../cli_context.ts";
import { InterruptedError } from "../cli_error.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { LastingPool } from "../lasting_pool.ts";
import { idsArgument } from "../number_argument.ts";
import { openPool, openWorkingPool } from "../open_pool.ts";
import { printOutcomes } from "../print_outcomes.ts";
import { WaitTeller } from "../tell_waits.ts";
import { tellMeanwhile } from "../tell_meanwhile.ts";
import { doneBy } from "../user_name.ts";
import { writeLine } from "../write_line.ts";

export function deleteCommand(context: CliContext) {
  return new Command("delete")
    .helpGroup(helpGroup.nodes)
    .description("delete nodes, including held ones")
    .argument("<id...>", "the nodes", idsArgument)
    .option("--now", "wait until they are gone from the cloud")
    .addHelpText("after", example("nodepool delete 812 813 --now"))
    .action(async (ids, { now = false }) => {
      const open = (context: CliContext) => openWorkingPool(context, "delete --now");
      await using pool = now ? await LastingPool.open(context, open) : await openPool(context);
      const outcomes = await pool.ask("delete", { ids, comment: doneBy(context.io, "deleted") });
      if (!now) return printOutcomes(context, outcomes);
      printOutcomes(context, outcomes.filter(({ ok }) => !ok));
      await waitForAll(context, { pool, ids: outcomes.filter(({ ok }) => ok).map(({ id }) => id) });
    });
}

async function waitForAll(
  context: CliContext,
  { pool, ids }: { pool: PoolClient; ids: readonly number[] },
): Promise<void> {
  using interrupts = context.io.interrupts();
  const { signal } = interrupts;
  const teller = new WaitTeller();
  const what = ids.length === 1 ? `node ${ids[0]} to be deleted` : `${ids.length} nodes to be deleted`;
  const outcomes = await tellMeanwhile(
    context.io,
    { teller, pool, asked: { nodes: ids }, what, signal },
    () =>
      Promise.all(ids.map((id) =>
        pool.ask("node-end", { id }, { signal }).then(
          () => ({ id, ok: true, message: "deleted" }),
          (error: Error) => ({ id, ok: false, message: describeFailure(id, { error, pool }) }),
        )
      )),
  );
  printOutcomes(context, outcomes);
  if (signal.aborted && teller.lastReason !== null) {
    writeLine(context.io.stderr, `nodepool: the last reason: ${teller.lastReason}`);
  }
}

function describeFailure(id: number, { error, pool }: { error: Error; pool: PoolClient }): string {
  if (!(error instanceof InterruptedError)) {
    return `node ${id} is marked for deletion; cannot tell whether it is gone: ${error.message}`;
  }
  const goesOn = pool.hasDaemon ? "it is still being deleted" : "the next daemon continues the deletion";
  return `stopped waiting for node ${id}; ${goesOn}`;
}
