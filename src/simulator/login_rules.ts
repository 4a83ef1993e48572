/**
 * Logins to simulated servers: whom they let in, and what commands answer. Nothing is ever run: a command gives half of
 * its output in the middle of its time, the rest at its end. The in-process shell and the SSH server are the callers.
 */
import { matchesPattern } from "./pattern.ts";
import { publicKeyOf } from "./ssh_keys.ts";
import type { CloudSettings } from "./settings.ts";
import { type SimulatedServer, statusAt } from "./simulated_server.ts";
import { hostnameOf } from "./server_view.ts";
import type { Clock } from "../lib/clock.ts";
import type { CloudState } from "./cloud_state.ts";
import { LoginProof } from "../ssh/login_proof.ts";

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
function commandAnswer(
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

/** Whose command it is. */
export interface CommandGround {
  readonly clock: Clock;
  readonly cloud: CloudState;
  readonly server: SimulatedServer;
  readonly username: string;
}

/** The code it exits with; `broken` where the connection ends before it does; `late` where time is up. */
type CommandEnd = number | "broken" | "late";

/** @param options `write` is given the output as it comes; `timeout` is how long it may take */
export async function runSimulatedCommand(
  { clock, cloud, server, username }: CommandGround,
  command: { text: string; hasTerminal: boolean },
  { write, timeout = Infinity, signal }: {
    write: (output: Uint8Array) => void;
    timeout?: number;
    signal: AbortSignal;
  },
): Promise<CommandEnd> {
  let spent = 0;
  const { ssh } = cloud.settings;
  const proof = LoginProof.read(command.text);
  const text = proof?.command ?? command.text;
  // The answer of the user's key in place of every command; null: commands are run.
  const forced = ssh.forcedCommand?.users.includes(username) ? ssh.forcedCommand : null;
  const { output, exitCode, time } = forced ?? commandAnswer(ssh, server, { ...command, text, username });
  if (!(await pause(ssh.slow.command))) return "late";
  if (forced === null) server.commandsRun++;
  if (proof !== null && forced === null) write(new TextEncoder().encode(`${proof.word}\n`));
  const bytes = new TextEncoder().encode(output);
  // What a key does comes at once; it may sleep before its end.
  const middle = forced === null ? Math.floor(bytes.length / 2) : bytes.length;
  const half = forced === null ? Math.floor(time / 2) : 0;
  const isGone = () => statusAt(server, clock.now()) === "DELETED";

  if (!(await pause(half))) return "late";
  if (isGone()) return "broken";
  if (middle > 0) write(bytes.subarray(0, middle));
  if (server.ssh === "closes") return "broken";
  if (!(await pause(time - half))) return "late";
  if (isGone()) return "broken";
  if (bytes.length > middle) write(bytes.subarray(middle));
  return exitCode;

  /** Whether there was time for so long a pause after those before. */
  async function pause(milliseconds: number): Promise<boolean> {
    const length = Math.min(milliseconds, timeout - spent);
    spent += length;
    if (length > 0) await clock.sleep(length, { signal });
    return length === milliseconds;
  }
}
