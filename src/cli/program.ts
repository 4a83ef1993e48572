/** The command tree: global options and all subcommands. */
import { type Argument, Command, InvalidArgumentError, type Option } from "@commander-js/extra-typings";
import { VersionRequest } from "./cli_error.ts";
import type { CliContext, GlobalOptions } from "./cli_context.ts";
import type { CliIo } from "./cli_io.ts";
import { acquireCommand } from "./commands/acquire.ts";
import { aliensCommandOf } from "./commands/aliens.ts";
import { completeCommand } from "./commands/complete.ts";
import { configExampleCommand, configValidateCommand } from "./commands/config_validate.ts";
import { builderProgram, daemonCommand, nodepooldProgram } from "./commands/daemon.ts";
import { deleteCommand, dibImageDeleteCommand, imageDeleteCommand } from "./commands/deletions.ts";
import { eventsCommand } from "./commands/events.ts";
import { explainCommand, showCommand } from "./commands/explain.ts";
import {
  holdCommand,
  jobCreateCommand,
  jobDeleteCommand,
  releaseCommand,
  unholdCommand,
} from "./commands/holds.ts";
import { installFilesCommand, installLinksCommand } from "./commands/install.ts";
import { initCommand } from "./commands/init.ts";
import { inventoryCommand } from "./commands/inventory.ts";
import { listCommand, listCommands } from "./commands/list.ts";
import { dumpCommand, logLevelCommand } from "./commands/running_daemon.ts";
import { logsCommand } from "./commands/logs.ts";
import { manualCommand } from "./commands/manual.ts";
import { imageBuildCommand, imageUpdateCommand, imageUploadCommand } from "./commands/order_images.ts";
import { planCommand } from "./commands/plan.ts";
import { historyCommand, reportCommand } from "./commands/past.ts";
import { resignCommand } from "./commands/resign.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { sshCommand } from "./commands/ssh.ts";
import { stateCommand } from "./commands/state.ts";
import { example, helpGroup } from "./help.ts";
import { describeExitCodes, ExitCode } from "./exit_code.ts";
import type { InvokedProgram } from "./invoked_program.ts";
import { nearestName } from "../lib/nearest_name.ts";
import { oneLine } from "../lib/visible_text.ts";
import { wrapLines } from "../lib/wrap_words.ts";
import type { Wiring } from "./wiring.ts";

const commands = {
  "daemon": daemonCommand,
  "list": listCommand,
  "show": showCommand,
  "history": historyCommand,
  "hold": holdCommand,
  "unhold": unholdCommand,
  "delete": deleteCommand,
  "acquire": acquireCommand,
  "release": releaseCommand,
  "ssh": sshCommand,
  "logs": logsCommand,
  "job-create": jobCreateCommand,
  ...listCommands,
  "job-delete": jobDeleteCommand,
  "image-build": imageBuildCommand,
  "image-upload": imageUploadCommand,
  "image-update": imageUpdateCommand,
  "dib-image-delete": dibImageDeleteCommand,
  "image-delete": imageDeleteCommand,
  "alien-list": aliensCommandOf("alien-list"),
  "alien-image-list": aliensCommandOf("alien-image-list"),
  "inventory": inventoryCommand,
  "state": stateCommand,
  "report": reportCommand,
  "events": eventsCommand,
  "explain": explainCommand,
  "dump": dumpCommand,
  "init": initCommand,
  "config-validate": configValidateCommand,
  "config-example": configExampleCommand,
  "plan": planCommand,
  "resign": resignCommand,
  "log-level": logLevelCommand,
  "install-links": installLinksCommand,
  "simulate": simulateCommand,
  "manual": manualCommand,
};

/** The program under the name that it was called, and the context that its commands share. */
export function buildProgram(
  invoked: InvokedProgram,
  { argv, wiring, io }: { argv: readonly string[]; wiring: Wiring; io: CliIo },
): { program: Command; context: CliContext } {
  const globals = (): GlobalOptions => {
    const { config = null, secure = null, logconfig = null, debug = false } = program.opts();
    return { config, secure, logConfig: logconfig, debug };
  };
  const context: CliContext = {
    program: invoked,
    argv,
    io,
    wiring,
    globals,
    config: null,
    remoteWords: [],
    usageCode: commandName(argv) === "plan" ? ExitCode.failed : ExitCode.usage,
    exitCode: 0,
  };
  const program = globalOptions(topCommand(invoked, context), context);
  return { program: program as unknown as Command, context };
}

function topCommand(invoked: InvokedProgram, context: CliContext): Command {
  if (invoked.name === "nodepoold") return nodepooldProgram(context) as unknown as Command;
  if (invoked.name === "nodepool-builder") return builderProgram(context) as unknown as Command;
  const program = new Command("nodepool")
    .description("Keeps a pool of ready, single-use servers on OpenStack clouds.")
    .helpCommand(false)
    .addHelpText("after", example("nodepool -c nodepool.yaml list -o wide"));
  const made = wantedCommands(context.argv).map((make) => make(context) as unknown as Command);
  const place = (command: Command) => groups.indexOf(command.helpGroup());
  for (const command of made.sort((a, b) => place(a) - place(b))) {
    for (const inner of command.commands) prepared(inner as Command, context);
    program.addCommand(prepared(command, context));
  }
  program.addCommand(prepared(installFilesCommand(context, program), context));
  program.addCommand(prepared(helpCommand(program), context));
  program.addCommand(prepared(completeCommand(context, program), context), { hidden: true });
  return program;
}

/** commander's own shows the help of the whole program for a command that does not exist, and does not say so. */
function helpCommand(program: Command): Command {
  const help = new Command("help")
    .helpGroup(helpGroup.tools)
    .description("show help for a command")
    .argument("[command]", "the command")
    .action((name) => {
      const asked = name === undefined ? program : program.commands.find((one) => one.name() === name);
      if (asked !== undefined) return asked.help();
      const near = nearestName(name!, program.commands.map((one) => one.name()));
      program.error(`unknown command '${name}'${near === null ? "" : ` (Did you mean ${near}?)`}`);
    });
  return help as unknown as Command;
}

/** To make them all takes longer than some commands do. Help lists them all, and a wrong name may be any of them. */
function wantedCommands(argv: readonly string[]) {
  const name = commandName(argv) ?? "";
  const isHelp = argv.some((word) => word === "-h" || word === "--help");
  return Object.hasOwn(commands, name) && !isHelp
    ? [commands[name as keyof typeof commands]]
    : Object.values(commands);
}

/** The first word that is no option and no option's value. */
function commandName(argv: readonly string[]): string | undefined {
  return argv.find((word, at) => !word.startsWith("-") && !VALUED.includes(argv[at - 1] ?? ""));
}

const VALUED = ["-c", "--config", "-s", "--secure", "-l", "--logconfig"];

const groups: readonly string[] = Object.values(helpGroup);

function globalOptions(program: Command, context: CliContext) {
  const complete = program
    .option(
      "-c, --config <file>",
      "configuration (default: $NODEPOOL_CONFIG, ./nodepool.yaml or /etc/nodepool/nodepool.yaml)",
    )
    .option("-s, --secure <file>", "secrets (default: /etc/nodepool/secure.conf)")
    .option("-l, --logconfig <file>", "what the daemon logs, and where: YAML, or the INI of Python's logging")
    .option("--debug", "stack traces with errors")
    .option("-V, --version", "print version, commit and runtime")
    .addHelpText("afterAll", describeExitCodes())
    .on("option:version", () => {
      throw new VersionRequest();
    });
  return prepared(complete, context);
}

/** Everything that commander says goes through `io`; it throws where it would exit. */
function prepared<Prepared extends Command>(
  command: Prepared,
  { io, program: { name } }: CliContext,
): Prepared {
  command.exitOverride();
  for (const value of [...command.registeredArguments, ...command.options]) refuseEmpty(value);
  command.showSuggestionAfterError(true);
  command.helpOption("-h, --help", "show this help");
  command.configureHelp({ showGlobalOptions: true, subcommandTerm: (sub) => sub.name() });
  command.configureOutput({
    writeOut: (text) => io.stdout.write(wrapLines(text, io.stdout.columns ?? HELP_WIDTH)),
    writeErr: (text) => io.stderr.write(wrapLines(text, io.stderr.columns ?? HELP_WIDTH)),
    // commander breaks no lines where room is short.
    getOutHelpWidth: () => Infinity,
    getErrHelpWidth: () => Infinity,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
    // `error: unknown option '--x'` and its suggestion, as one line of ours.
    outputError: (text) =>
      io.stderr.write(
        `${name}: ${oneLine(text.trim().replace(/^error: (?:command-argument value )?/, ""))}\n`,
      ),
  });
  return command;
}

/** A name, file or text that is empty means nothing; what is read by a parser of its own is its matter. */
function refuseEmpty(value: Argument | Option): void {
  const parse = (text: string, previous: unknown): unknown => {
    if (text === "") throw new InvalidArgumentError("It is empty.");
    return value.variadic ? [...(previous as string[] | undefined) ?? [], text] : text;
  };
  value.parseArg ??= parse as NonNullable<typeof value.parseArg>;
}

/** Columns, where help goes to a file or another program. */
const HELP_WIDTH = 80;
