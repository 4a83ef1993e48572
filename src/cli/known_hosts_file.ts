/**
 * A known_hosts file that gets the host keys of acquired nodes. Clouds give addresses again: what the file says of a
 * node's address is replaced, everything else in it stays. Several commands may write to one file at once.
 */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { writeWhole } from "../lib/write_whole.ts";
import { newFileProblem, resolveFile } from "../lib/new_file.ts";

/** For commander's options: the absolute path, which must be one that an ssh configuration can name. */
export function knownHostsArgument(text: string): string {
  if (text === "" || /["\\\p{Cc}]/u.test(text)) {
    throw new InvalidArgumentError("Expected a path without quotes and backslashes.");
  }
  return resolveFile(text);
}

/**
 * A missing file is created with mode 0600.
 * @param lines `HOST TYPE KEY` each
 */
export async function writeKnownHosts(path: string, lines: readonly string[]): Promise<void> {
  const problem = await newFileProblem(path, { mayExist: true, option: "--known-hosts" });
  if (problem !== null) throw new Error(problem);
  try {
    using file = await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
    await file.lock(true);
    const before = await Deno.readTextFile(path);
    const kept = without(before, new Set(lines.map(hostOf)));
    const end = kept === "" || kept.endsWith("\n") ? "" : "\n";
    const added = end + lines.map((line) => `${line}\n`).join("");
    // Without a line to remove the file is not rewritten, so nothing in it can be lost.
    await file.seek(0, kept === before ? Deno.SeekMode.End : Deno.SeekMode.Start);
    writeWhole(file, kept === before ? added : kept + added);
    if (kept !== before) await file.truncate(new TextEncoder().encode(kept + added).length);
  } catch (cause) {
    throw new Error(`cannot write the host keys to ${path}`, { cause });
  }
}

function without(text: string, hosts: ReadonlySet<string>): string {
  const lines = text.split("\n");
  const kept = lines.filter((line) => !hosts.has(hostOf(line)));
  return kept.length === lines.length ? text : kept.join("\n");
}

function hostOf(line: string): string {
  return line.split(" ", 1)[0]!;
}
