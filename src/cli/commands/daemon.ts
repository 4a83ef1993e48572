/** `nodepool daemon`: run the pool, in the foreground. */
import { Command } from "@commander-js/extra-typings";
import { type CliContext, configFilesOf } from "../cli_context.ts";
import { UsageError } from "../cli_error.ts";
import { example } from "../example.ts";
import { countArgument } from "../number_argument.ts";

export function daemonCommand(context: CliContext) {
  return new Command("daemon")
    .description("run the pool; stays in the foreground, a service manager backgrounds it")
    .option("-d, --nodaemon", "accepted for old scripts; it always stays in the foreground")
    .option("-p, --pidfile <file>", "write the process id there")
    .option("-l, --logconfig <file>", "a logging configuration")
    .option("--no-builder", "build and upload no diskimages")
    .option("--builder-only", "only build and upload diskimages: launch and hand out no nodes")
    .option("--build-workers <n>", "builds of diskimages side by side", countArgument, 1)
    .option("--upload-workers <n>", "uploads side by side", countArgument, 4)
    .option("--strict", "refuse a configuration with warnings, at the start and later")
    .option("--new-state", "begin a new pool, although servers of another are on the clouds")
    .addHelpText("after", example("nodepool -c /etc/nodepool/nodepool.yaml daemon"))
    .action(
      async (
        {
          pidfile = null,
          logconfig = null,
          builder,
          builderOnly = false,
          strict = false,
          newState = false,
          ...options
        },
      ) => {
        if (builderOnly && !builder) {
          throw new UsageError("--no-builder and --builder-only leave nothing to do: give one of them");
        }
        context.exitCode = await context.wiring.runDaemon({
          ...configFilesOf(context),
          pidFile: pidfile,
          logConfigFile: logconfig,
          parts: { pool: !builderOnly, builds: builder },
          buildWorkers: options.buildWorkers,
          uploadWorkers: options.uploadWorkers,
          strict,
          newState,
          debug: context.globals().debug,
        });
      },
    );
}
