/** Looks at the clouds of a configuration and prints what would stop a launch: `config-validate --online`. */
import type { Config } from "../domain/config.ts";
import { onlineCheckTable, viewOnlineChecks } from "../views/online_check_list.ts";
import type { CliContext } from "./cli_context.ts";
import { ExitCode } from "./exit_code.ts";
import { formatView, type OutputFormat } from "./output_format.ts";

export async function showOnlineChecks(
  context: CliContext,
  { config, strict, output }: { config: Config; strict: boolean; output: OutputFormat },
): Promise<void> {
  const { io, wiring } = context;
  using interrupts = io.interrupts();
  const checks = await wiring.checkOnline({ config, signal: interrupts.signal });
  const moment = { now: io.clock.now(), wallOffset: io.clock.wall() - io.clock.now() };
  const content = viewOnlineChecks(checks, moment);
  const { failures, warnings } = content;
  if (failures > 0 || (strict && warnings > 0)) context.exitCode = ExitCode.failed;
  io.stdout.write(await formatView(content, { table: onlineCheckTable, format: output, io }));
}
