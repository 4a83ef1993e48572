/** `nodepool config-example`: a configuration with every setting, explained. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";

export function configExampleCommand({ io }: CliContext) {
  return new Command("config-example")
    .helpGroup(helpGroup.tools)
    .description("print a configuration with every setting, its default and its meaning")
    .addHelpText("after", example("nodepool config-example >nodepool.yaml"))
    .action(async () => {
      const { exampleConfig } = await import("../../manual/topics.ts");
      io.stdout.write(exampleConfig);
    });
}
