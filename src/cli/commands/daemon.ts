/**
 * The daemon on the command line: `nodepool daemon` in the foreground, and 2016's programs `nodepoold` and
 * `nodepool-builder`, which go into the background unless they are told to stay.
 */
import { Command, Option } from "@commander-js/extra-typings";
import { type CliContext, configFilesOf } from "../cli_context.ts";
import { UsageError } from "../cli_error.ts";
import { example, helpGroup } from "../help.ts";
import { countArgument } from "../arguments.ts";
import { errorLines } from "../report_error.ts";
import type { EnabledParts } from "../wiring.ts";

/** The options of every daemon. */
function daemonNamed(name: string) {
  return new Command(name)
    .option("-p, --pidfile <file>", "write the process id to this file")
    .option("--build-workers <n>", "diskimage builds in parallel", countArgument, 1)
    .option("--upload-workers <n>", "uploads in parallel", countArgument, 4)
    .option("--strict", "refuse a configuration with warnings, at the start and later")
    .option("--new-state", "start a new pool even if servers of another one are on the clouds")
    .addOption(new Option("--start-report <file>").hideHelp());
}

/** The options of a daemon that does more than build images. */
function poolNamed(name: string) {
  return daemonNamed(name)
    .option("--no-builder", "build and upload no diskimages")
    .option("--no-launches", "launch no nodes; existing ones stay, and images are made")
    .option("--no-deletes", "delete nothing on the clouds; deletions wait")
    .option("--no-webapp", "serve no status endpoint");
}

type Settings = ReturnType<ReturnType<typeof daemonNamed>["opts"]>;
type PoolSettings = ReturnType<ReturnType<typeof poolNamed>["opts"]>;

export function daemonCommand(context: CliContext) {
  return poolNamed("daemon")
    .helpGroup(helpGroup.pool)
    .description("run the pool in the foreground, as service managers expect")
    .option("-d, --nodaemon", "accepted for old scripts; it always stays in the foreground")
    .option("--builder-only", "only build and upload diskimages: launch and hand out no nodes")
    .addHelpText("after", example("nodepool -c /etc/nodepool/nodepool.yaml daemon"))
    .action(async ({ builderOnly = false, ...settings }) => {
      if (builderOnly && !settings.builder) {
        throw new UsageError("--no-builder and --builder-only leave nothing to do: give one of them");
      }
      await runHere(context, settings, { ...partsOf(settings), pool: !builderOnly });
    });
}

export function nodepooldProgram(context: CliContext) {
  return poolNamed("nodepoold")
    .description("Runs the pool in the background, as `nodepool daemon` does in the foreground.")
    .option("-d, --nodaemon", "stay in the foreground")
    .addHelpText("after", example("nodepoold -c /etc/nodepool/nodepool.yaml -l /etc/nodepool/logging.conf"))
    .action(async ({ nodaemon = false, ...settings }) => {
      if (nodaemon) await runHere(context, settings, partsOf(settings));
      else await startAway(context, settings.pidfile ?? "/var/run/nodepool/nodepool.pid");
    });
}

export function builderProgram(context: CliContext) {
  const onlyBuilds = { pool: false, builds: true, launches: false, deletes: true, site: false };
  return daemonNamed("nodepool-builder")
    .description("Builds and uploads diskimages in the background; runs no nodes, serves no status endpoint.")
    .option("-d, --nodaemon", "stay in the foreground")
    .addHelpText("after", example("nodepool-builder -c /etc/nodepool/nodepool.yaml --build-workers 2"))
    .action(async ({ nodaemon = false, ...settings }) => {
      if (nodaemon) await runHere(context, settings, onlyBuilds);
      else await startAway(context, settings.pidfile ?? "/var/run/nodepool/nodepool-builder.pid");
    });
}

function partsOf({ builder, launches, deletes, webapp }: PoolSettings): EnabledParts {
  return { pool: true, builds: builder, launches, deletes, site: webapp };
}

async function runHere(context: CliContext, settings: Settings, parts: EnabledParts): Promise<void> {
  const { pidfile = null, startReport, strict = false, newState = false } = settings;
  try {
    context.exitCode = await context.wiring.runDaemon({
      ...configFilesOf(context),
      pidFile: pidfile,
      logConfigFile: context.globals().logConfig,
      parts,
      buildWorkers: settings.buildWorkers,
      uploadWorkers: settings.uploadWorkers,
      strict,
      newState,
      debug: context.globals().debug,
      onRunning: () => startReport === undefined || reportRunning(startReport),
    });
  } catch (error) {
    if (startReport !== undefined) {
      Deno.writeTextFileSync(startReport, errorLines(error, context).map((line) => `${line}\n`).join(""));
    }
    throw error;
  }
}

/** The same program, told to stay in the foreground of a session of its own. */
async function startAway(context: CliContext, pidFile: string): Promise<void> {
  context.exitCode = await context.wiring.startInBackground({
    program: context.program,
    argv: [...context.argv, "--pidfile", pidFile],
    configFile: configFilesOf(context).configFile,
    say: (text) => context.io.stderr.write(text),
  });
}

/**
 * Releases the process that waits in `start_in_background.ts`: the daemon runs. The process that waited may be gone,
 * and the file with it.
 */
function reportRunning(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
