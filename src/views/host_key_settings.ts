/**
 * Hosts in files for other programs: their names, and OpenSSH's settings by which it knows a node's host keys and
 * trusts no others, so that nobody must trust a first connection and no older key of the address gets in the way.
 */
import { shellQuote } from "../lib/shell_quote.ts";

export type SshSetting = readonly [name: string, value: string];

/**
 * Without a file, OpenSSH 8.5 or later is needed. None for a host without keys.
 * @param knownHosts lines of a known_hosts file
 * @param file the absolute path of the file that has the lines; null: none has
 */
export function hostKeySettings(
  knownHosts: readonly string[],
  file: string | null = null,
): readonly SshSetting[] {
  const lines = knownHosts.filter((line) => !UNQUOTABLE.test(line));
  if (lines.length === 0) return [];
  const strict: readonly SshSetting[] = [
    ["GlobalKnownHostsFile", "/dev/null"],
    ["StrictHostKeyChecking", "yes"],
  ];
  if (file !== null) return [["UserKnownHostsFile", sshQuote(file)], ...strict];
  const command = String.raw`/usr/bin/printf %%s\n ${lines.map(sshQuote).join(" ")}`;
  return [["UserKnownHostsFile", "/dev/null"], ["KnownHostsCommand", command], ...strict];
}

/** The settings as options of `ssh`, for a shell and for whatever splits words as one does, such as Ansible. */
export function sshOptions(settings: readonly SshSetting[]): string {
  return settings.map(([name, value]) => `-o ${shellQuote(`${name}=${value}`)}`).join(" ");
}

/** The characters that no word of an ssh configuration can have. */
export const UNQUOTABLE = /["\\\p{Cc}]/u;

/** One word for ssh, which may have blanks; `%` would begin a token, and what quotes would end it is refused. */
export function sshQuote(text: string): string {
  if (UNQUOTABLE.test(text)) {
    throw new Error(`${JSON.stringify(text)} cannot be written in an ssh configuration`);
  }
  return `"${text.replaceAll("%", "%%")}"`;
}

/**
 * Each node's hostname, by its id, as patterns, inventories and shells take it; where several have the same, the id makes
 * the difference.
 */
export function hostAliases(
  nodes: readonly { readonly id: number; readonly hostname: string }[],
): ReadonlyMap<number, string> {
  const sharing = Map.groupBy(nodes, ({ hostname }) => plainName(hostname));
  return new Map(nodes.map(({ id, hostname }) => {
    const name = plainName(hostname);
    return [id, sharing.get(name)!.length === 1 ? name : `${name}-${id}`];
  }));
}

function plainName(hostname: string): string {
  return hostname.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replace(/^[-.]+/, "") || "node";
}
