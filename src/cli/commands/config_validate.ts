/**
 * `nodepool config-validate [FILE]`: check a configuration, which contacts no cloud unless asked to; `config-example`: print
 * one with every setting, explained.
 */
import { Command, Option } from "@commander-js/extra-typings";
import type { Config } from "../../domain/config.ts";
import type { LoadedConfig } from "../../config/load_config.ts";
import { type CliContext, configOf } from "../cli_context.ts";
import { UsageError } from "../cli_error.ts";
import { ExitCode } from "../exit_code.ts";
import { example, helpGroup } from "../help.ts";
import { formatView, type OutputFormat, outputFormats } from "../output_format.ts";
import { problemLines, writeProblemLine } from "../report_error.ts";

export function configValidateCommand(context: CliContext) {
  return new Command("config-validate")
    .helpGroup(helpGroup.tools)
    .description("check a configuration and report every problem")
    .argument("[file]", "the file, instead of -c FILE")
    .option("--show", "print what was understood, secrets as ***")
    .option("--strict", "treat warnings as errors")
    .option("--schema", "print the JSON Schema of the file, for editors")
    .option("--online", "log in to its clouds and say what would stop a launch; changes nothing")
    .addOption(new Option("-o, --output <format>", "how to print what --online finds").choices(outputFormats))
    .addHelpText("after", example("nodepool config-validate --online nodepool.yaml"))
    .action(async (file, { show = false, strict = false, schema = false, online = false, output }) => {
      const { io } = context;
      if (schema && (show || strict || online || file !== undefined)) {
        throw new UsageError("--schema reads no file: use it alone");
      }
      if (show && online) throw new UsageError("give either --show or --online");
      if (output !== undefined && !online) throw new UsageError("-o needs --online");
      if (schema) {
        const { configJsonSchema } = await import("../../config/json_schema.ts");
        return io.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
      }
      const configFile = file ?? configOf(context).file;
      const secureFile = context.globals().secure;
      const loaded = await load(configFile, { secureFile, strict, online, context });
      if (online) return await showOnlineChecks(context, { ...loaded, strict, output: output ?? "table" });
      const { showConfig } = await import("../../config/config_view.ts");
      io.stdout.write(show ? showConfig(loaded.config) : `${configFile} is valid\n`);
    });
}

/** @throws ConfigError with every problem */
async function load(
  configFile: string,
  { secureFile, strict, online, context: { io, program } }: {
    secureFile: string | null;
    strict: boolean;
    online: boolean;
    context: CliContext;
  },
): Promise<LoadedConfig> {
  const { loadConfig } = await import("../../config/load_config.ts");
  const { defaultSecurePath } = await import("../../config/deno_environment.ts");
  const secure = secureFile ?? await defaultSecurePath();
  const loaded = await loadConfig(configFile, { secure, strict, byItself: !online });
  const { warnings, notices } = loaded;
  const lines = [
    ...warnings.flatMap((problem) => problemLines(problem, { program, io, kind: "warning: " })),
    ...notices.flatMap((problem) => problemLines(problem, { program, io, kind: "notice: " })),
  ];
  for (const line of lines) writeProblemLine(line, io);
  return loaded;
}

/** Looks at the clouds of the configuration, and prints what would stop a launch. */
async function showOnlineChecks(
  context: CliContext,
  { config, strict, output }: { config: Config; strict: boolean; output: OutputFormat },
): Promise<void> {
  const { onlineCheckTable, viewOnlineChecks } = await import("../../views/online_check_list.ts");
  const { io, wiring } = context;
  using interrupts = io.interrupts();
  const checks = await wiring.checkOnline({ config, signal: interrupts.signal });
  const moment = { now: io.clock.now(), wallOffset: io.clock.wall() - io.clock.now() };
  const content = viewOnlineChecks(checks, moment);
  const { failures, warnings } = content;
  if (failures > 0 || (strict && warnings > 0)) context.exitCode = ExitCode.failed;
  io.stdout.write(await formatView(content, { table: onlineCheckTable, format: output, io }));
}

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
