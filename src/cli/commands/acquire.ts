/** `nodepool acquire LABEL`: take ready nodes, or wait for them. A request that is not met is withdrawn. */
import { Command, Option } from "@commander-js/extra-typings";
import { MINUTE } from "../../domain/time.ts";
import type { AcquiredNodesView } from "../../views/acquired_nodes.ts";
import { acquireNodes } from "../acquire_nodes.ts";
import { type AcquireFormat, acquireFormats, formatAcquired } from "../acquired_text.ts";
import type { CliContext } from "../cli_context.ts";
import { countArgument, durationArgument } from "../arguments.ts";
import { example, helpGroup } from "../help.ts";
import { formatOption } from "../output_options.ts";
import { knownHostsArgument, writeKnownHosts } from "../known_hosts_file.ts";

export function acquireCommand(context: CliContext) {
  return new Command("acquire")
    .helpGroup(helpGroup.nodes)
    .description("take ready nodes of a label, or wait for them; print how to log in")
    .argument("<label>", "the label")
    .option("--count <n>", "how many; all or none", countArgument, 1)
    .addOption(
      new Option("--wait <duration>", "give up after this time: 90s, 10m, 2h").argParser(durationArgument)
        .default(10 * MINUTE, "10m"),
    )
    .option("--fail-fast", "give up at once if somebody has to repair something first")
    .option("--no-fail-fast", "wait even if only a change of the configuration can help")
    .option("--job <name>", "the job that will run on them")
    .option("--known-hosts <file>", "add their host keys to this file", knownHostsArgument)
    .addOption(formatOption(acquireFormats, "how to print them"))
    .addHelpText(
      "after",
      example(
        "nodepool acquire ubuntu-noble --known-hosts known_hosts -o env >node",
        ". ./node",
        'ssh -o UserKnownHostsFile=known_hosts -p "$NODEPOOL_PORT" \\',
        '  "$NODEPOOL_USER@$NODEPOOL_ADDRESS"',
        "nodepool release $NODEPOOL_IDS",
      ),
    )
    .action(async (label, { count, wait, failFast = null, job = null, knownHosts = null, output }) => {
      // A node is not taken for somebody who then cannot be given it.
      if (knownHosts !== null) await writeKnownHosts(knownHosts, []);
      const deliver = (acquired: AcquiredNodesView) =>
        print(acquired, { context, knownHosts, format: output });
      await acquireNodes(context, { label, count, job, wait, failFast, deliver });
    });
}

async function print(
  acquired: AcquiredNodesView,
  { context, knownHosts, format }: { context: CliContext; knownHosts: string | null; format: AcquireFormat },
): Promise<void> {
  const text = formatAcquired(acquired, { format, knownHosts });
  if (knownHosts !== null) {
    const servers = acquired.nodes.flatMap((node) => [node, ...node.subnodes]);
    const lines = servers.flatMap(({ connection }) => connection?.known_hosts ?? []);
    await writeKnownHosts(knownHosts, lines);
  }
  try {
    context.io.stdout.write(text);
  } catch (cause) {
    // Not a reader that has seen enough, as with lists: the caller does not have its nodes.
    throw new Error("the nodes could not be printed", { cause });
  }
}
