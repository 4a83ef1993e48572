/** `nodepool acquire LABEL`: take ready nodes, or wait for them. A request that is not met is withdrawn. */
import { Command, Option } from "@commander-js/extra-typings";
import type { PoolClient } from "../../control/pool_client.ts";
import type { RequestView } from "../../views/request_list.ts";
import { MINUTE } from "../../domain/time.ts";
import { acquireFormats, formatAcquired } from "../acquired_text.ts";
import type { CliContext } from "../cli_context.ts";
import { durationArgument, formatDuration } from "../duration_argument.ts";
import { example } from "../example.ts";
import { countArgument } from "../number_argument.ts";
import { openDaemonsPool } from "../open_pool.ts";
import { userName } from "../user_name.ts";
import { withDeadline } from "../deadline.ts";
import type { AcquiredNodesView } from "../../views/acquired_nodes.ts";

export function acquireCommand(context: CliContext) {
  return new Command("acquire")
    .description("take ready nodes of a label, or wait for them; print how to log in")
    .argument("<label>", "the label")
    .option("--count <n>", "how many, all together or none", countArgument, 1)
    .addOption(
      new Option("--wait <duration>", "give up after that: 90s, 10m, 2h").argParser(durationArgument)
        .default(10 * MINUTE, "10m"),
    )
    .option("--job <name>", "the job that will run on them")
    .addOption(
      new Option("-o, --output <format>", "how to print them").choices(acquireFormats).default(
        "text" as const,
      ),
    )
    .addHelpText(
      "after",
      example(
        'eval "$(nodepool acquire ubuntu-noble -o env)"',
        'ssh "$NODEPOOL_USER@$NODEPOOL_ADDRESS" -p "$NODEPOOL_PORT"',
        "nodepool release $NODEPOOL_IDS",
      ),
    )
    .action(async (label, { count, wait, job = null, output }) => {
      const { io } = context;
      await using pool = await openDaemonsPool(context);
      using interrupts = io.interrupts();
      const spec = { label, count, job, client: userName(io), deadline: io.clock.now() + wait };
      const request = await pool.createRequest(spec, { signal: interrupts.signal });
      await withdrawUnlessDone(pool, request, async () => {
        const acquired = await waitForNodes(context, { pool, request, wait, signal: interrupts.signal });
        io.stdout.write(formatAcquired(acquired, output));
        await pool.confirmGrant(request.id);
      });
    });
}

/** Nodes that nobody heard of must not stay taken: whatever goes wrong, the request is withdrawn. */
async function withdrawUnlessDone(
  pool: PoolClient,
  request: RequestView,
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    // The daemon withdraws it by itself once nobody attends to it.
    await pool.withdrawRequest(request.id).catch(() => {});
    // Not a reader that has seen enough, as with lists: the caller does not have its nodes.
    if (error instanceof Deno.errors.BrokenPipe) {
      throw new Error("the nodes could not be printed", { cause: error });
    }
    throw error;
  }
}

interface Waiting {
  readonly pool: PoolClient;
  readonly request: RequestView;
  readonly wait: number;
  readonly signal: AbortSignal;
}

function waitForNodes(
  { io }: CliContext,
  { pool, request, wait, signal }: Waiting,
): Promise<AcquiredNodesView> {
  return withDeadline(
    { clock: io.clock, milliseconds: wait, signal },
    (signal) => pool.waitForGrant(request.id, { signal }),
    () => describeTimeout({ pool, request, wait }),
  );
}

async function describeTimeout({ pool, request, wait }: Omit<Waiting, "signal">): Promise<Error> {
  const { requests } = await pool.view("request-list", { filter: { label: request.label } });
  const reason = requests.find(({ id }) => id === request.id)?.waiting_on?.message;
  const nodes = request.count === 1 ? "no node" : `no ${request.count} nodes`;
  return new Error(
    `${nodes} of label ${request.label} within ${formatDuration(wait)}${
      reason === undefined ? "" : `: ${reason}`
    }`,
  );
}
