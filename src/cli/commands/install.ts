/** `nodepool install-files DIR`: the files of an installation besides the program; `install-links DIR`: its names of 2016. */
import { join, resolve } from "node:path";
import { Command } from "@commander-js/extra-typings";
import { countText } from "../../domain/count_text.ts";
import { fileReason } from "../../lib/file_reason.ts";
import type { CliContext } from "../cli_context.ts";
import { UsageError } from "../cli_error.ts";
import { ExitCode } from "../exit_code.ts";
import { example, helpGroup } from "../help.ts";
import { PROGRAM_NAMES } from "../invoked_program.ts";
import { writeLine } from "../write_line.ts";
import { ifThere } from "../../lib/if_there.ts";

/** @param whole the program, whose commands have pages */
export function installFilesCommand(context: CliContext, whole: Command): Command {
  const installFiles = new Command("install-files")
    .helpGroup(helpGroup.tools)
    .description("write the files that go with the program: unit, alerts and so on")
    .argument("<dir>", "the prefix, such as /usr/local")
    .option("--program <file>", "where the program is installed; default: this one")
    .option("--force", "replace files that somebody changed, too")
    .addHelpText("after", example("nodepool install-files /usr/local"))
    .action(async (dir, { program = context.program.file, force = false }) => {
      const { installationFiles, USUAL_PROGRAM } = await import("../../install/installation_files.ts");
      const { placeFiles } = await import("../../install/place_files.ts");
      const folder = resolve(dir);
      const { VERSION: version } = await import("../../lib/build_info.ts");
      const at = resolve(program ?? USUAL_PROGRAM);
      const files = installationFiles({ program: at, version, commands: helpsOf(whole) });
      const { written, removed, unchanged, kept } = await placeFiles(folder, files, { force });
      const { stdout, stderr } = context.io;
      if (kept.length > 0) context.exitCode = ExitCode.failed;
      for (const path of written) writeLine(stdout, `wrote ${join(folder, path)}`);
      for (const path of removed) writeLine(stdout, `removed ${join(folder, path)}`);
      if (unchanged.length > 0) writeLine(stdout, `${countText(unchanged.length, "file")} unchanged`);
      for (const path of kept) {
        writeLine(
          stderr,
          `nodepool: kept ${join(folder, path)}, which somebody changed; --force replaces it`,
        );
      }
    });
  return installFiles as unknown as Command;
}

function helpsOf(whole: Command) {
  const help = whole.createHelp();
  return help.visibleCommands(whole as never).map((command) => ({
    name: command.name(),
    description: command.description(),
    group: command.helpGroup(),
    usage: help.commandUsage(command),
    options: help.visibleOptions(command),
    examples: examplesOf(command as unknown as Command),
  }));
}

/** The lines that its help ends with, which commander has as a listener. */
function examplesOf(command: Command): readonly string[] {
  let text = "";
  const write = (part: string) => text += part;
  (command as unknown as { emit(event: string, context: object): void }).emit("afterHelp", { write });
  return text.split("\n").filter((line) => line.startsWith("  ")).map((line) => line.slice(2));
}

export function installLinksCommand(context: CliContext) {
  return new Command("install-links")
    .helpGroup(helpGroup.tools)
    .description("create the links nodepoold and nodepool-builder to this program")
    .argument("<dir>", "the directory to put them in")
    .addHelpText("after", example("nodepool install-links /usr/local/bin"))
    .action(async (dir) => {
      const target = await ownFile(context);
      const links = PROGRAM_NAMES.filter((name) => name !== "nodepool").map((name) =>
        join(resolve(dir), name)
      );
      const missing: string[] = [];
      // All are looked at before one is made.
      for (const link of links) if (!await leadsTo(link, target)) missing.push(link);
      for (const link of missing) await makeLink(link, target);
      for (const link of links) context.io.stdout.write(`${link} -> ${target}\n`);
    });
}

async function ownFile({ program: { file } }: CliContext): Promise<string> {
  if (file === null) {
    throw new UsageError("only a compiled program can be linked to: run scripts/compile first");
  }
  return await Deno.realPath(Deno.build.standalone ? Deno.execPath() : file);
}

/** False where nothing is. @throws Error where something else is */
async function leadsTo(link: string, target: string): Promise<boolean> {
  const found = await ifThere(Deno.lstat(link)).catch((error) => {
    throw new Error(`cannot look at ${link}: ${fileReason(error)}`);
  });
  if (found === null) return false;
  if (await Deno.realPath(link).catch(() => null) === target) return true;
  const what = found.isSymlink ? `is a link to ${await Deno.readLink(link)}` : "is something else";
  throw new Error(`${link} already exists and ${what}: remove it first, or name another directory`);
}

async function makeLink(link: string, target: string): Promise<void> {
  try {
    await Deno.symlink(target, link);
  } catch (error) {
    const why = fileReason(error, "there is no such directory");
    throw new Error(`cannot create the link ${link}: ${why}`);
  }
}
