/** `nodepool inventory --list|--host NAME`: the nodes for Ansible, as its dynamic inventories answer. */
import { Command } from "@commander-js/extra-typings";
import type { InventoryView } from "../../views/inventory.ts";
import type { CliContext } from "../cli_context.ts";
import { UsageError } from "../cli_error.ts";
import { example, helpGroup } from "../help.ts";
import { openPool } from "../open_pool.ts";

export function inventoryCommand(context: CliContext) {
  return new Command("inventory")
    .helpGroup(helpGroup.nodes)
    .description("print the nodes that can be logged in to as an Ansible dynamic inventory, in JSON")
    .option("--list", "all of them, with their groups and variables")
    .option("--host <name>", "the variables of one of them")
    .addHelpText("after", example("nodepool inventory --list"))
    .action(async ({ list = false, host }) => {
      if (list === (host !== undefined)) throw new UsageError("give either --list or --host NAME");
      await using pool = await openPool(context);
      const inventory = await pool.ask("inventory", {});
      const shown = host === undefined ? inventory : variablesOf(host, inventory);
      context.io.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    });
}

function variablesOf(host: string, { _meta: { hostvars } }: InventoryView) {
  if (Object.hasOwn(hostvars, host)) return hostvars[host];
  throw new Error(`there is no host ${host} in the inventory: it has the nodes that can be logged in to`);
}
