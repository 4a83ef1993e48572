/** The running daemon: `nodepool log-level`, what it logs, shown and set, and `dump`, what it is doing at this moment. */
import { Argument, Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { LOG_CATEGORIES } from "../../lib/log_category.ts";
import { LEVEL_NAMES, LogSpecError, parseLogCategory, parseLogLevel } from "../../lib/log_spec.ts";
import type { CliContext } from "../cli_context.ts";
import { UsageError } from "../cli_error.ts";
import { documentOption, formatOption } from "../output_options.ts";
import { renderDocument } from "../output_format.ts";
import { durationArgument } from "../arguments.ts";
import { example, helpGroup } from "../help.ts";
import { openDaemonsPool } from "../open_pool.ts";
import { forTerminal, withTimesOf } from "../write_line.ts";

/** In the place of a level. */
const AS_CONFIGURED = "default";

export function logLevelCommand(context: CliContext) {
  return new Command("log-level")
    .helpGroup(helpGroup.tools)
    .description("show what the daemon logs, or change it until it ends; a restart forgets it")
    .addArgument(
      new Argument("[category]", "what is logged, or a part of it, such as image.build.NAME")
        .choices(["all", ...LOG_CATEGORIES]).argParser(checked(parseLogCategory)),
    )
    .addArgument(
      new Argument("[level]", `the lowest level to log; ${AS_CONFIGURED}: as configured again`)
        .choices([...LEVEL_NAMES, AS_CONFIGURED])
        .argParser(checked((text) => text === AS_CONFIGURED ? text : parseLogLevel(text))),
    )
    .option("--for <duration>", "revert after this time: 10m, 2h", durationArgument)
    .addOption(documentOption())
    .addHelpText("after", example("nodepool log-level cloud debug --for 10m"))
    .action(async (category, level, { for: duration = null, output }) => {
      if (category !== undefined && level === undefined) {
        throw new UsageError(`name a level, too: ${[...LEVEL_NAMES, AS_CONFIGURED].join(", ")}`);
      }
      if (duration !== null && (level ?? AS_CONFIGURED) === AS_CONFIGURED) {
        throw new UsageError("--for needs a level to set");
      }
      await using pool = await openDaemonsPool(context);
      const wanted = level === AS_CONFIGURED ? null : level ?? null;
      const view = category === undefined
        ? await pool.ask("log-levels", {})
        : await pool.ask("log-level", { category, level: wanted, duration });
      if (output !== "text") return void context.io.stdout.write(await renderDocument(view, output));
      const { renderLogLevels } = await import("../../views/log_levels.ts");
      const { stdout } = context.io;
      stdout.write(withTimesOf(stdout, renderLogLevels(view)));
    });
}

export function dumpCommand(context: CliContext) {
  return new Command("dump")
    .helpGroup(helpGroup.pool)
    .description("show what the daemon is doing: work in flight and what it waits for, queues, connections")
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", example("nodepool dump -o json | jq '.work[] | [.what, .about, .age]'"))
    .action(async ({ output }) => {
      await using pool = await openDaemonsPool(context);
      const dump = await pool.ask("dump", {});
      const { stdout } = context.io;
      if (output === "json") return stdout.write(`${JSON.stringify(dump, null, 2)}\n`);
      const { dumpParagraphs } = await import("../../views/dump.ts");
      stdout.write(forTerminal(stdout, `${dumpParagraphs(dump).join("\n\n")}\n`));
    });
}

/** The daemon would refuse the same; it need not be asked. */
function checked(parse: (text: string) => string) {
  return (text: string): string => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof LogSpecError)) throw error;
      const [first, ...rest] = error.message;
      throw new InvalidArgumentError(`${first!.toUpperCase()}${rest.join("")}.`);
    }
  };
}
