/** `nodepool state`: where it is stored, and what another daemon made on a copy of it. */
import { Command } from "@commander-js/extra-typings";
import type { AdoptedServer } from "../../domain/state_adoption.ts";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { ExitCode } from "../exit_code.ts";
import { helpGroup } from "../help_group.ts";
import { openPool } from "../open_pool.ts";
import { writeLine } from "../write_line.ts";
import {
  backupCommand,
  checkCommand,
  copyCommand,
  exportCommand,
  importCommand,
  restoreCommand,
} from "./state_files.ts";

export function stateCommand(context: CliContext) {
  return new Command("state")
    .helpGroup(helpGroup.pool)
    .description("back up, restore, check, export and copy the state; adopt what it does not know")
    .usage("COMMAND [options]")
    .helpCommand(false)
    .addHelpText("after", example("nodepool state backup /var/backups/nodepool/"))
    .addCommand(backupCommand(context))
    .addCommand(restoreCommand(context))
    .addCommand(checkCommand(context))
    .addCommand(exportCommand(context))
    .addCommand(importCommand(context))
    .addCommand(copyCommand(context))
    .addCommand(adoptCommand(context));
}

function adoptCommand(context: CliContext) {
  return new Command("adopt")
    .description(
      "take over what another daemon created with a copy of this state; stop that one first",
    )
    .option("--dry-run", "only show them")
    .addHelpText("after", example("nodepool state adopt --dry-run"))
    .action(async ({ dryRun = false }) => {
      const { io } = context;
      await using pool = await openPool(context);
      using interrupts = io.interrupts();
      const { servers, floatingIps = [], held, warnings } = await pool.ask(
        "state-adopt",
        { dryRun },
        interrupts,
      );
      if (warnings.length > 0) context.exitCode = ExitCode.failed;
      for (const server of servers) writeLine(io.stdout, describe(server));
      for (const { address, id, provider } of floatingIps) {
        writeLine(
          io.stdout,
          `floating IP ${address} on ${provider} (${id})${dryRun ? "" : ": to be deleted"}`,
        );
      }
      for (const id of held) io.stdout.write(`node ${id}: held, the other daemon may have handed it out\n`);
      if (servers.length + floatingIps.length + warnings.length === 0) {
        io.stdout.write("nothing to adopt: the state knows every server of this installation\n");
      }
      for (const warning of warnings) writeLine(io.stderr, `nodepool: ${warning}`);
    });
}

function describe({ provider, hostname, serverId, run, nodeId }: AdoptedServer): string {
  const what = `${hostname} on ${provider} (${serverId}${run === null ? "" : `, run ${run}`})`;
  return nodeId === null ? what : `node ${nodeId}: ${what}, held`;
}
