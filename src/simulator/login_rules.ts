/** What a simulated server does with a login: whom it lets in, and what commands answer. Never runs anything. */
import { matchesPattern } from "./pattern.ts";
import { publicKeyOf } from "./public_key.ts";
import type { CloudSettings } from "./settings.ts";
import type { SimulatedServer } from "./simulated_server.ts";
import { hostnameOf } from "./server_view.ts";

type SshSettings = CloudSettings["ssh"];

export interface CommandAnswer {
  readonly output: string;
  readonly exitCode: number;
  /** Milliseconds until it has run. */
  readonly time: number;
}

/** Whether a key gets in; it is told as `TYPE BASE64`, and only asked for where it matters. */
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

/** The scripted answer, else that of a few commands known to every server; any other ends well and says nothing. */
export function commandAnswer(
  settings: SshSettings,
  server: SimulatedServer,
  command: string,
): CommandAnswer {
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
