/** The rules of a simulated server's logins: whom it lets in, and what commands answer. Never runs anything. */
import { matchesPattern } from "./pattern.ts";
import { publicKeyOf } from "./public_key.ts";
import type { CloudSettings } from "./settings.ts";
import type { SimulatedServer } from "./simulated_server.ts";
import { hostnameOf } from "./server_view.ts";

type SshSettings = CloudSettings["ssh"];

interface CommandAnswer {
  readonly output: string;
  readonly exitCode: number;
  /** Milliseconds until it has run. */
  readonly time: number;
}

const NO_TTY = { output: "sudo: sorry, you must have a tty to run sudo\n", exitCode: 1, time: 0 };

/** Whether a key gets in; it is given as `TYPE BASE64`, and only asked for where it matters. */
export function letsIn(
  settings: SshSettings,
  server: SimulatedServer,
  { username, publicKey }: { username: string; publicKey: () => string },
): boolean {
  if (server.ssh === "refusesKey" || !knowsUser(settings, username)) return false;
  if (settings.acceptAnyKey) return true;
  const key = publicKey();
  return key === server.publicKey || settings.authorizedKeys.some((line) => publicKeyOf(line) === key);
}

function knowsUser({ users }: SshSettings, username: string): boolean {
  return users === null || users.includes(username);
}

/** The answer of the user's key in place of every command; null: commands are run. */
export function forcedCommandOf({ forcedCommand }: SshSettings, username: string): CommandAnswer | null {
  return forcedCommand?.users.includes(username) ? forcedCommand : null;
}

/** The error of csh for a command that only a Bourne shell can read; null where csh reads it too. */
export function cshRefusal(command: string): string | null {
  if (/[<>]&\d|\d>/.test(command)) return "Ambiguous output redirect.\n";
  if (command.includes("$(")) return "Illegal variable name.\n";
  if (/'[^']*\n/.test(command)) return "Unmatched '.\n";
  return null;
}

/** Servers on which somebody has been: those that make new host keys do so once. */
const visited = new WeakSet<SimulatedServer>();

/** To be called when a login is over. */
export function leave(settings: SshSettings, server: SimulatedServer): void {
  if (!settings.newHostKeys || visited.has(server)) return;
  visited.add(server);
  server.hostKeyEpoch++;
}

/** The scripted answer, else that of a few commands known to every server; any other ends well and says nothing. */
export function commandAnswer(
  settings: SshSettings,
  server: SimulatedServer,
  { text: command, hasTerminal, username }: { text: string; hasTerminal: boolean; username: string },
): CommandAnswer {
  // Root's commands become nobody else, and what ends with that ends well.
  const needsTerminal = username !== "root" && /\bsudo\b/.test(command) && !/\|\| true\s*$/.test(command);
  if (settings.requiretty && !hasTerminal && needsTerminal) return NO_TTY;
  const scripted = settings.commands.find((one) => matchesPattern(one.command, command));
  if (scripted !== undefined) return scripted;
  const [name, ...words] = command.trim().split(/\s+/);
  const plain = words.join(" ").replace(/^(["'])(.*)\1$/s, "$2");
  if (name === "echo") return { output: `${plain}\n`, exitCode: 0, time: 0 };
  if (name === "hostname") return { output: `${hostnameOf(server)}\n`, exitCode: 0, time: 0 };
  if (name === "false") return { output: "", exitCode: 1, time: 0 };
  if (name === "exit") return { output: "", exitCode: Number(words[0] ?? 0) & 255, time: 0 };
  return { output: "", exitCode: 0, time: 0 };
}
