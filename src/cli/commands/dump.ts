/** `nodepool dump`: what the daemon is doing at this moment. */
import { Command, Option } from "@commander-js/extra-typings";
import type { DumpView } from "../../views/dump.ts";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { forTerminal } from "../for_terminal.ts";
import { helpGroup } from "../help_group.ts";
import { openDaemonsPool } from "../open_pool.ts";

export function dumpCommand(context: CliContext) {
  return new Command("dump")
    .helpGroup(helpGroup.pool)
    .description("show what the daemon is doing: work in flight and what it waits for, queues, connections")
    .addOption(
      new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default(
        "text" as const,
      ),
    )
    .addHelpText("after", example("nodepool dump -o json | jq '.work[] | [.what, .about, .age]'"))
    .action(async ({ output }) => {
      await using pool = await openDaemonsPool(context);
      const dump = await pool.ask("dump", {});
      const { stdout } = context.io;
      stdout.write(
        output === "json" ? `${JSON.stringify(dump, null, 2)}\n` : forTerminal(stdout, await textOf(dump)),
      );
    });
}

async function textOf(dump: DumpView): Promise<string> {
  const { dumpParagraphs } = await import("../../views/dump.ts");
  return `${dumpParagraphs(dump).join("\n\n")}\n`;
}
