/** `nodepool delete|image-delete|dib-image-delete ID…`: mark nodes and images for deletion, and wait until they are gone. */
import { Command } from "@commander-js/extra-typings";
import type { IdOutcome } from "../../control/operation.ts";
import type { PoolClient } from "../../control/pool_client.ts";
import { idsArgument } from "../arguments.ts";
import type { CliContext } from "../cli_context.ts";
import { InterruptedError } from "../cli_error.ts";
import { example, helpGroup } from "../help.ts";
import { LastingPool } from "../lasting_pool.ts";
import { openDaemonsPool, openPool, openWorkingPool } from "../open_pool.ts";
import { printOutcomes } from "../print_outcomes.ts";
import { WaitTeller } from "../tell_waits.ts";
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
      await waitForNodes(context, { pool, ids: done(outcomes) });
    });
}

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
      if (wait) await waitForImages(context, { pool, ids: done(outcomes) });
    });
}

export function dibImageDeleteCommand(context: CliContext) {
  return new Command("dib-image-delete")
    .helpGroup(helpGroup.images)
    .description("delete built images and their files; uploaded images stay")
    .argument("<id...>", "the builds, by their ids in dib-image-list", idsArgument)
    .addHelpText("after", example("nodepool dib-image-delete 7"))
    .action(async (ids) => {
      await using pool = await openPool(context);
      const outcomes = await pool.ask("dib-image-delete", { ids, comment: doneBy(context.io, "deleted") });
      printOutcomes(context, outcomes, { what: "dib image" });
    });
}

function done(outcomes: readonly IdOutcome[]): readonly number[] {
  return outcomes.filter(({ ok }) => ok).map(({ id }) => id);
}

interface Marked {
  readonly pool: PoolClient;
  readonly ids: readonly number[];
}

async function waitForNodes(context: CliContext, { pool, ids }: Marked): Promise<void> {
  const { io } = context;
  using interrupts = io.interrupts();
  const { signal } = interrupts;
  const teller = new WaitTeller();
  const end = (id: number) =>
    pool.ask("node-end", { id }, { signal }).then(
      () => ({ id, ok: true, message: "deleted" }),
      (error: Error) => ({ id, ok: false, message: describeFailure(id, { error, pool }) }),
    );
  const outcomes = await teller.during(
    () => Promise.all(ids.map(end)),
    {
      io,
      ask: (request, call) => pool.ask("waits", request, call),
      asked: { nodes: ids },
      what: deletionOf("node", ids),
      signal,
    },
  );
  printOutcomes(context, outcomes);
  if (signal.aborted && teller.lastReason !== null) {
    writeLine(io.stderr, `nodepool: the last reason: ${teller.lastReason}`);
  }
}

function describeFailure(id: number, { error, pool }: { error: Error; pool: PoolClient }): string {
  if (!(error instanceof InterruptedError)) {
    return `node ${id} is marked for deletion; cannot tell whether it is gone: ${error.message}`;
  }
  const goesOn = pool.hasDaemon ? "it is still being deleted" : "the next daemon continues the deletion";
  return `stopped waiting for node ${id}; ${goesOn}`;
}

async function waitForImages({ io }: CliContext, { pool, ids }: Marked): Promise<void> {
  using interrupts = io.interrupts();
  const { signal } = interrupts;
  const teller = new WaitTeller();
  const what = deletionOf("image", ids);
  await teller.during(
    () => Promise.all(ids.map((id) => pool.ask("image-end", { id }, { signal }))),
    { io, ask: (request, call) => pool.ask("waits", request, call), asked: { images: ids }, what, signal },
  ).catch((error) => {
    if (!(error instanceof InterruptedError)) throw error;
    throw new InterruptedError(
      `interrupted while waiting for ${what}: ${teller.lastReason ?? "no reason known"}`,
    );
  });
  for (const id of ids) writeLine(io.stdout, `image ${id}: gone`);
}

function deletionOf(kind: "node" | "image", ids: readonly number[]): string {
  return `${ids.length === 1 ? `${kind} ${ids[0]}` : `${ids.length} ${kind}s`} to be deleted`;
}
