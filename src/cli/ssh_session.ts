/**
 * A session of OpenSSH's client on a node: what it needs to know is in a folder of its own for as long as it runs. It trusts
 * the recorded host keys and nothing else; the rest of the user's configuration, such as a jump host, is respected.
 */
import { join } from "node:path";
import { readLoginKey } from "../lib/ssh_key/read_login_key.ts";
import { hostKeySettings, sshQuote, type SshSetting, UNQUOTABLE } from "../views/host_key_settings.ts";
import type { NodeLogin } from "../views/node_logins.ts";
import type { CliIo } from "./cli_io.ts";

interface Session {
  /** The words that `ssh` makes a command of; without any, a shell. */
  readonly words: readonly string[];
  /** Further settings, `Name=value`. Those here win. */
  readonly options: readonly string[];
}

/** @returns the exit code of `ssh` @throws Error where the key cannot be used */
export async function runSshSession(
  io: Pick<CliIo, "ssh">,
  { node, private_key }: NodeLogin,
  { words, options }: Session,
): Promise<number> {
  const { address, port, username, known_hosts } = node.connection!;
  await using folder = await temporaryFolder();
  const knownHosts = join(folder.path, "known_hosts");
  await Deno.writeTextFile(knownHosts, known_hosts.map((line) => `${line}\n`).join(""), { mode: 0o600 });
  const settings: SshSetting[] = [
    ["HostName", address.replaceAll("%", "%%")],
    ["Port", String(port)],
    ["User", username!],
    ["IdentityFile", sshQuote(await usableKey(private_key!, folder.path))],
    ...SETTINGS,
    ...hostKeySettings(known_hosts, knownHosts),
  ];
  const own = settings.map(([name, value]) => `${name}=${value}`);
  const args = [...own, ...options].flatMap((setting) => ["-o", setting]);
  // After `--`, no word is an option of its own.
  return await io.ssh([...args, "--", address, ...words]);
}

const SETTINGS: readonly SshSetting[] = [
  ["StrictHostKeyChecking", "yes"],
  ["IdentitiesOnly", "yes"],
  // Where the key is refused, nobody is asked for a password.
  ["PreferredAuthentications", "publickey"],
  // An open connection may be one to another server that had the address before.
  ["ControlMaster", "no"],
  ["ControlPath", "none"],
  // Nothing else vouches for the host.
  ["VerifyHostKeyDNS", "no"],
  ["NoHostAuthenticationForLocalhost", "no"],
];

/** The file itself, or a copy in the folder: the pool reads more forms of keys than OpenSSH, and minds no modes. */
async function usableKey(path: string, folder: string): Promise<string> {
  const [text, mode] = await readKeyFile(path);
  const read = readLoginKey(text, path);
  if ("problem" in read) throw new Error(`the private key ${path} ${read.problem}`);
  const isOpenToOthers = (mode & 0o077) !== 0;
  if (!isOpenToOthers && !UNQUOTABLE.test(path) && isReadAsItIs(text, read.key)) return path;
  const copy = join(folder, "key");
  await Deno.writeTextFile(copy, read.key.endsWith("\n") ? read.key : `${read.key}\n`, { mode: 0o600 });
  return copy;
}

async function readKeyFile(path: string): Promise<[text: string, mode: number]> {
  try {
    return [await Deno.readTextFile(path), (await Deno.stat(path)).mode ?? 0];
  } catch (cause) {
    const advice = cause instanceof Deno.errors.NotFound
      ? "; use a machine that has it, such as the daemon's"
      : "";
    const what = `cannot read the private key ${path}, which the configuration names for this image${advice}`;
    throw new Error(what, { cause });
  }
}

/** The same key in the same form, but for the length of its lines. */
function isReadAsItIs(text: string, key: string): boolean {
  const [firstLine] = key.split("\n", 1);
  return text.startsWith(`${firstLine}\n`) && !text.includes("\r") &&
    text.replaceAll(/\s/g, "") === key.replaceAll(/\s/g, "");
}

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "nodepool-ssh-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
