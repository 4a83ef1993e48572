/** `nodepool daemon`: run the pool, in the foreground. */
import { Command } from "@commander-js/extra-typings";
import { type CliContext, configFilesOf } from "../cli_context.ts";
import { example } from "../example.ts";

export function daemonCommand(context: CliContext) {
  return new Command("daemon")
    .description("run the pool; stays in the foreground, a service manager backgrounds it")
    .option("-d, --nodaemon", "accepted for old scripts; it always stays in the foreground")
    .option("-p, --pidfile <file>", "write the process id there")
    .option("-l, --logconfig <file>", "a logging configuration")
    .addHelpText("after", example("nodepool -c /etc/nodepool/nodepool.yaml daemon"))
    .action(async ({ pidfile = null, logconfig = null }) => {
      context.exitCode = await context.wiring.runDaemon({
        ...configFilesOf(context),
        pidFile: pidfile,
        logConfigFile: logconfig,
        debug: context.globals().debug,
      });
    });
}
