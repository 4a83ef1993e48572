/** The program under another of its names, as `install-links` makes it: a link to the binary, or what stands for one. */
import type { ProgramName } from "../../src/cli/invoked_program.ts";
import { shellQuote } from "../../src/lib/shell_quote.ts";
import { programCommand } from "./program.ts";

/** Makes it in the folder. @returns its path */
export async function makeNamed(folder: string, name: ProgramName): Promise<string> {
  const path = `${folder}/${name}`;
  const [program, ...args] = programCommand([]);
  if (args.length === 0) await Deno.symlink(program, path);
  else {
    const command = [program, ...args].map(shellQuote).join(" ");
    const script = `#!/bin/bash\nNODEPOOL_PROGRAM=$0 exec -a "$0" ${command} "$@"\n`;
    await Deno.writeTextFile(path, script, { mode: 0o755 });
  }
  return path;
}
