/**
 * The words of a command line that belong to another machine: after `ssh`, its options and the node. Its own options
 * end where those words begin, so that `nodepool ssh 7 sh -c 'ls'` means what it says.
 */
import type { Command, Option } from "@commander-js/extra-typings";

export function splitRemoteWords(
  argv: readonly string[],
  program: Command,
): Readonly<Record<"own" | "remote", readonly string[]>> {
  const ssh = program.commands.find((command) => command.name() === "ssh");
  const start = ssh === undefined ? null : remoteStart(argv, [...program.options, ...ssh.options]);
  if (start === null) return { own: argv, remote: [] };
  const rest = argv.slice(start);
  return { own: argv.slice(0, start), remote: rest[0] === "--" ? rest.slice(1) : rest };
}

/** null: it is another command's line, or nothing comes after the node. */
function remoteStart(argv: readonly string[], options: readonly Option[]): number | null {
  let operands = 0;
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === "--" && operands < 2) return operands === 1 && argv.length > at + 2 ? at + 2 : null;
    if (word === "--" || !(word.length > 1 && word.startsWith("-"))) {
      if (operands === 2) return at;
      if (operands++ === 0 && word !== "ssh") return null;
    } else if (takesNext(word, options)) at++;
  }
  return null;
}

/** Whether the option's value is a word of its own. */
function takesNext(word: string, options: readonly Option[]): boolean {
  return options.some((option) => option.required && (word === option.long || word === option.short));
}
