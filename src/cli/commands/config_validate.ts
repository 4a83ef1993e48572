/** `nodepool config-validate [FILE]`: check a configuration; touches no cloud. */
import { Command } from "@commander-js/extra-typings";
import { type CliContext, configFilesOf } from "../cli_context.ts";
import { UsageError } from "../cli_error.ts";
import type { CliIo } from "../cli_io.ts";
import { example } from "../example.ts";

export function configValidateCommand(context: CliContext) {
  return new Command("config-validate")
    .description("check a configuration; every problem is told")
    .argument("[file]", "the file, instead of -c FILE")
    .option("--show", "print what was understood, secrets as ***")
    .option("--strict", "a warning is as bad as an error")
    .option("--schema", "print the JSON Schema of the file, for editors")
    .addHelpText("after", example("nodepool config-validate --show nodepool.yaml"))
    .action(async (file, { show = false, strict = false, schema = false }) => {
      const { io } = context;
      if (schema && (show || strict || file !== undefined)) {
        throw new UsageError("--schema stands alone: it reads no file");
      }
      if (schema) return await printSchema(io);
      const { configFile, secureFile } = configFilesOf(context);
      await validate(file ?? configFile, { secureFile, strict, show, io });
    });
}

/** @throws ConfigError with every problem */
async function validate(
  configFile: string,
  { secureFile, strict, show, io }: { secureFile: string | null; strict: boolean; show: boolean; io: CliIo },
): Promise<void> {
  const { defaultSecurePath, loadConfig } = await import("../../config/load_config.ts");
  const secure = secureFile ?? await defaultSecurePath();
  const { config, warnings, notices } = await loadConfig(configFile, { secure, strict, withoutClouds: true });
  const { formatProblem } = await import("../../config/config_error.ts");
  for (const warning of warnings) io.stderr.write(`nodepool: warning: ${formatProblem(warning)}\n`);
  for (const notice of notices) io.stderr.write(`nodepool: notice: ${formatProblem(notice)}\n`);
  const { showConfig } = await import("../../config/show_config.ts");
  io.stdout.write(show ? showConfig(config) : `${configFile} is valid\n`);
}

async function printSchema(io: CliIo): Promise<void> {
  const { configJsonSchema } = await import("../../config/json_schema.ts");
  io.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
}
