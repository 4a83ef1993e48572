/**
 * `nodepool plan [FILE]`: what a configuration would change, before it is in force. The pool decides that, the
 * running daemon's if there is one: it reads the text as at a reload, and plans by it without acting.
 */
import { Command } from "@commander-js/extra-typings";
import { type CliContext, configOf } from "../cli_context.ts";
import { documentOption } from "../output_options.ts";
import { renderDocument } from "../output_format.ts";
import { ExitCode } from "../exit_code.ts";
import { example, helpGroup } from "../help.ts";
import { problemLines, writeProblemLine } from "../report_error.ts";
import { openPool } from "../open_pool.ts";

export function planCommand(context: CliContext) {
  return new Command("plan")
    .helpGroup(helpGroup.tools)
    .description("say what a changed configuration would do to the running pool, before it is in force")
    .argument("[file]", "the changed configuration, if it is not the pool's own file")
    .addOption(documentOption())
    .addHelpText("after", example("nodepool plan new.yaml"))
    .action(async (file, { output }) => {
      const { io } = context;
      const own = configOf(context).file;
      const { secure } = context.globals();
      const request = {
        file: await given(file ?? own),
        secure: secure === null ? null : await given(secure),
        isOwn: file === undefined || await isSameFile(file, own),
      };
      await using pool = await openPool(context);
      const plan = await pool.ask("plan", request);
      context.exitCode = plan.problems.length > 0
        ? ExitCode.failed
        : plan.would_change
        ? ExitCode.changes
        : ExitCode.done;
      for (const line of plan.problems.flatMap((problem) => problemLines(problem, context))) {
        writeProblemLine(line, io);
      }
      if (output !== "text") io.stdout.write(await renderDocument(plan, output));
      else if (plan.problems.length === 0) {
        const { renderConfigPlan } = await import("../../views/config_plan.ts");
        io.stdout.write(renderConfigPlan(plan));
      }
    });
}

/** @throws ConfigError where it cannot be read */
async function given(path: string): Promise<{ path: string; text: string }> {
  const { readText } = await import("../../config/read_text.ts");
  const { denoEnvironment } = await import("../../config/deno_environment.ts");
  return { path, text: await readText(path, { environment: denoEnvironment }) };
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => Deno.realPath(path).catch(() => path)));
  return a === b;
}
