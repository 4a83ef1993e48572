/** `nodepool dump`: what the daemon is doing at this moment. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { forTerminal } from "../write_line.ts";
import { example, helpGroup } from "../help.ts";
import { openDaemonsPool } from "../open_pool.ts";
import { formatOption } from "../output_options.ts";

export function dumpCommand(context: CliContext) {
  return new Command("dump")
    .helpGroup(helpGroup.pool)
    .description("show what the daemon is doing: work in flight and what it waits for, queues, connections")
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", example("nodepool dump -o json | jq '.work[] | [.what, .about, .age]'"))
    .action(async ({ output }) => {
      await using pool = await openDaemonsPool(context);
      const dump = await pool.ask("dump", {});
      const { stdout } = context.io;
      if (output === "json") return stdout.write(`${JSON.stringify(dump, null, 2)}\n`);
      const { dumpParagraphs } = await import("../../views/dump.ts");
      stdout.write(forTerminal(stdout, `${dumpParagraphs(dump).join("\n\n")}\n`));
    });
}
