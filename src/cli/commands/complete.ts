/**
 * `nodepool complete SHELL LINE`: what completes a command line. The shells' scripts, which `install-files` writes, call it at
 * each press of the Tab key, so that it says nothing where it knows nothing, whatever the reason.
 */
import { Argument, Command } from "@commander-js/extra-typings";
import { visibleText } from "../../lib/visible_text.ts";
import type { CliContext } from "../cli_context.ts";
import { helpGroup } from "../help.ts";

/** @param program whose lines are completed */
export function completeCommand(context: CliContext, program: Command): Command {
  const complete = new Command("complete")
    .helpGroup(helpGroup.tools)
    .description("print what completes a command line, for the scripts of shells")
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"]))
    // With a parser of its own, it may be empty: nothing is typed yet.
    .argument(
      "<line>",
      "bash: the line up to the cursor; else the words without the program, one a line",
      String,
    )
    .argument("[breaks]", "bash: its COMP_WORDBREAKS", " \t\n\"'><=;|&(:")
    .action(async (shell, line, breaks) => {
      try {
        context.io.stdout.write(await completionText({ shell, line, breaks }, { context, program }));
      } catch {
        // An unfinished line has all kinds of mistakes, and the shell's prompt is no place for a message.
      }
    });
  return complete as unknown as Command;
}

async function completionText(
  { shell, line, breaks }: { shell: string; line: string; breaks: string },
  surroundings: { context: CliContext; program: Command },
): Promise<string> {
  const { findCompletions } = await import("../completion/find_completions.ts");
  const { bashLine, plainLine } = await import("../completion/typed_line.ts");
  const typed = shell === "bash" ? bashLine(line, breaks) : plainLine(line);
  const found = await findCompletions(typed, surroundings);
  if (typeof found === "string") return `:${found}\n`;
  const lines = found.map(({ value, about }) => typed.format(visibleText(value), visibleText(about)));
  return lines.map((line) => `${line}\n`).join("");
}
