/**
 * A command as it goes to a server: one line that every login shell reads alike (sh, bash, zsh, ksh, fish, csh, tcsh,
 * busybox) and that hands the command to `sh` as a whole. `ssh2_shell.ts` sends it; the simulator reads it back.
 */

/**
 * Whatever the shells differ in (quotes, backslashes, `!`, line ends, other alphabets) is written as `\0NNN`, which
 * `printf %b` turns back. The command finds system programs as root would, and outlives a connection that breaks.
 */
const HEAD =
  `exec /bin/sh -c 'set -- "$(printf %b "$@")"; trap "" HUP; PATH=\${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin; export PATH; eval "$1"' sh`;

/** csh takes no longer word than 1,024 bytes. */
const LONGEST_WORD = 800;

/** @param script for a POSIX shell, any number of lines */
export function shCommand(script: string): string {
  const words = [""];
  for (const byte of new TextEncoder().encode(script)) {
    const written = writtenAs(byte);
    if (words.at(-1)!.length + written.length > LONGEST_WORD) words.push("");
    words[words.length - 1] += written;
  }
  return [HEAD, ...words.map((word) => `'${word}'`)].join(" ");
}

/** The script of such a command; null for any other. */
export function scriptOf(command: string): string | null {
  if (!command.startsWith(`${HEAD} '`)) return null;
  const written = command.slice(HEAD.length + 2, -1).replaceAll("' '", "");
  const bytes = written.replace(/\\0(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return new TextDecoder().decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
}

function writtenAs(byte: number): string {
  const character = String.fromCharCode(byte);
  const isPlain = byte >= 0x20 && byte < 0x7f && !`'\\!`.includes(character);
  return isPlain ? character : `\\0${byte.toString(8).padStart(3, "0")}`;
}
