/** `nodepool state`: the file, or the etcd, that holds the pool's state, and what another daemon made on a copy of it. */
import { Command } from "@commander-js/extra-typings";
import type { AdoptedServer } from "../../domain/state_adoption.ts";
import type { StateCheck } from "../../domain/state_check.ts";
import { type CliContext, configFilesOf } from "../cli_context.ts";
import { ExitCode } from "../exit_code.ts";
import { example, helpGroup } from "../help.ts";
import { findStateFile, openPool } from "../open_pool.ts";
import type { StateFiles } from "../wiring.ts";
import { writeLine } from "../write_line.ts";

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
    .option("--dry-run", "only show what would be adopted")
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

function backupCommand(context: CliContext) {
  return new Command("backup")
    .description("copy the state as it is at this moment; the daemon may be running")
    .argument("<file>", "the copy, which must not exist yet; in a folder, it is named by the time")
    .addHelpText("after", example("nodepool state backup /var/backups/nodepool/"))
    .action(async (target) => {
      const state = await findStateFile(context);
      const { path, bytes } = await (await stateFilesOf(context)).backup(state, target);
      writeLine(context.io.stdout, `${path}: ${bytes.toLocaleString("en")} bytes`);
    });
}

function restoreCommand(context: CliContext) {
  return new Command("restore")
    .description("put a copy in place of the state, which is kept beside it; stop the daemon first")
    .argument("<file>", "the copy")
    .addHelpText(
      "after",
      example("nodepool state restore /var/backups/nodepool/nodepool.kv.20261128T201500Z"),
    )
    .action(async (backup) => {
      const { io } = context;
      const state = await findStateFile(context);
      const { replaced } = await (await stateFilesOf(context)).restore(state, backup);
      writeLine(io.stdout, `${state}: restored from ${backup}`);
      if (replaced !== null) writeLine(io.stdout, `${replaced}: the state that it replaced`);
      writeLine(io.stdout, NEXT);
    });
}

const NEXT = "After the daemon's next start, nodes that the copy calls building, ready or used are held; " +
  "see: nodepool manual restored-state";

function checkCommand(context: CliContext) {
  return new Command("check")
    .description(
      "read all of a state and report every problem; changes nothing, and the daemon may be running",
    )
    .argument("[file]", "another state, such as a backup")
    .addHelpText("after", example("nodepool state check"))
    .action(async (file) => {
      const state = file ?? await findStateFile(context);
      report(context, state, await (await stateFilesOf(context)).check(state));
    });
}

function exportCommand(context: CliContext) {
  return new Command("export")
    .description("print the state as JSON lines; the daemon may be running")
    .addHelpText("after", example("nodepool state export > nodepool.jsonl"))
    .action(async () => {
      const lines: string[] = [];
      const files = await stateFilesOf(context);
      await files.export(await findStateFile(context), (line) => void lines.push(line));
      context.io.stdout.write(`${lines.join("\n")}\n`);
    });
}

function importCommand(context: CliContext) {
  return new Command("import")
    .description("create a state from the output of `state export`; there must be none yet")
    .argument("<file>", "the JSON lines")
    .addHelpText("after", example("nodepool state import nodepool.jsonl"))
    .action(async (file) => {
      const state = await findStateFile(context);
      const files = await stateFilesOf(context);
      await files.import(state, file);
      report(context, state, await files.check(state));
    });
}

function copyCommand(context: CliContext) {
  return new Command("copy")
    .description("copy a state to a new place, from a file to etcd or back; stop its daemons first")
    .argument("<from>", "a state: the path of its file, or its address in etcd")
    .argument("<to>", "likewise; the configuration says how etcd is reached")
    .addHelpText(
      "after",
      example(
        "nodepool state copy /var/lib/nodepool/nodepool.kv etcd:https://e1.example.org:2379/ci",
      ),
    )
    .action(async (from, to) => {
      const { io } = context;
      const entries = await (await stateFilesOf(context)).copy(from, to);
      writeLine(io.stdout, `${to}: ${entries.toLocaleString("en")} entries, copied from ${from}`);
      writeLine(
        io.stdout,
        `Set the key \`state\` to it before you start a daemon; no daemon may run on ${from} any more.`,
      );
    });
}

function stateFilesOf(context: CliContext): Promise<StateFiles> {
  return context.wiring.stateFiles(configFilesOf(context));
}

function report(context: CliContext, state: string, found: StateCheck): void {
  const { io } = context;
  const { installation, schema, newSchema, counts, oddities } = found;
  if (oddities.length > 0) context.exitCode = ExitCode.failed;
  writeLine(io.stdout, `${state}: installation ${installation}, schema version ${schema}`);
  if (schema < newSchema) {
    writeLine(
      io.stdout,
      `The daemon's next start copies it, then migrates it to schema version ${newSchema}.`,
    );
  }
  writeLine(io.stdout, Object.entries(counts).map(([kind, count]) => `${kind}: ${count}`).join(", "));
  for (const oddity of oddities) writeLine(io.stderr, `nodepool: ${oddity}`);
  if (oddities.length === 0) writeLine(io.stdout, "No problems found.");
}
