/** `nodepool image-delete ID…`: delete images of providers. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { tellMeanwhile } from "../tell_meanwhile.ts";
import { WaitTeller } from "../tell_waits.ts";
import { doneBy } from "../user_name.ts";
import { writeLine } from "../write_line.ts";
import type { PoolClient } from "../../control/pool_client.ts";
import { InterruptedError } from "../cli_error.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { LastingPool } from "../lasting_pool.ts";
import { idsArgument } from "../number_argument.ts";
import { openDaemonsPool, openPool } from "../open_pool.ts";
import { printOutcomes } from "../print_outcomes.ts";

export function imageDeleteCommand(context: CliContext) {
  return new Command("image-delete")
    .helpGroup(helpGroup.images)
    .description("delete images from their clouds; the one before becomes current")
    .argument("<id...>", "the images, by their ids in image-list", idsArgument)
    .option("--replace-ready", "then delete their unused nodes; others are launched instead")
    .option("--wait", "wait until they are gone from their clouds")
    .addHelpText("after", example("nodepool image-delete 12 --replace-ready"))
    .action(async (ids, { wait = false, ...options }) => {
      await using pool = wait || options.replaceReady
        ? await LastingPool.open(context, openDaemonsPool)
        : await openPool(context);
      const outcomes = await pool.ask("image-delete", {
        ids,
        comment: doneBy(context.io, "deleted"),
        ...options,
      });
      printOutcomes(context, outcomes, { what: "image" });
      if (wait) await waitForAll(context, { pool, ids: outcomes.filter(({ ok }) => ok).map(({ id }) => id) });
    });
}

async function waitForAll(
  { io }: CliContext,
  { pool, ids }: { pool: PoolClient; ids: readonly number[] },
): Promise<void> {
  using interrupts = io.interrupts();
  const { signal } = interrupts;
  const teller = new WaitTeller();
  const what = ids.length === 1 ? `image ${ids[0]} to be deleted` : `${ids.length} images to be deleted`;
  await tellMeanwhile(
    io,
    { teller, pool, asked: { images: ids }, what, signal },
    () => Promise.all(ids.map((id) => pool.ask("image-end", { id }, { signal }))),
  ).catch((error) => {
    if (!(error instanceof InterruptedError)) throw error;
    throw new InterruptedError(
      `interrupted while waiting for ${what}: ${teller.lastReason ?? "no reason known"}`,
    );
  });
  for (const id of ids) writeLine(io.stdout, `image ${id}: gone`);
}
