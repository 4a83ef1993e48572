/** `nodepool install-links DIR`: 2016's names for this program. */
import { join, resolve } from "node:path";
import { Command } from "@commander-js/extra-typings";
import { fileReason } from "../../lib/file_reason.ts";
import type { CliContext } from "../cli_context.ts";
import { UsageError } from "../cli_error.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { PROGRAM_NAMES } from "../invoked_program.ts";

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
  const found = await Deno.lstat(link).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
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
    const why = error instanceof Deno.errors.NotFound ? "there is no such directory" : fileReason(error);
    throw new Error(`cannot create the link ${link}: ${why}`);
  }
}
