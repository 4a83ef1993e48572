/** What tests of commands look at: programs of their own, and which processes still run. */
import { join } from "node:path";

/** Writes an executable script. @returns its path */
export async function script(
  folder: string,
  { name, text }: { name: string; text: string },
): Promise<string> {
  const path = join(folder, name);
  await Deno.writeTextFile(path, text);
  await Deno.chmod(path, 0o755);
  return path;
}

/** Whether the process is there and not just waiting to be buried. */
export function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX]/.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}

/** Command lines that have the text in them, of all processes. */
export async function processesWith(text: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    const line = /^\d+$/.test(name) ? await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "") : "";
    if (line.includes(text)) found.push(line.replaceAll("\0", " "));
  }
  return found;
}

/** The numbers in a file, one a line, as far as it is written. */
export function pidsIn(file: string): number[] {
  try {
    return Deno.readTextFileSync(file).split("\n").slice(0, -1).map(Number);
  } catch {
    return [];
  }
}

/**
 * Starts processes of every kind that is hard to end, and writes their numbers to the file: plain ones, one that
 * ignores TERM, one of a process group of its own, one below `timeout`, which makes a group too, and one in a pipe.
 */
export const TREE = `#!/bin/bash
note() { echo $! >>"$1"; }
sleep 1000 & note "$1"
(trap '' TERM; while :; do sleep 0.2; done) & note "$1"
(set -m; sleep 1000 & note "$1"; wait) & note "$1"
timeout 1000 sleep 1000 & note "$1"
tail -f /dev/null | cat & note "$1"
until [ "$(wc -l <"$1")" = 6 ]; do sleep 0.01; done
echo $$ >>"$1"
echo the tree stands
`;
/** How many numbers it writes. */
export const TREE_SIZE = 7;
