/**
 * A command on a simulated server, in the simulator's time: half of its output in the middle, the rest at its end.
 * Nothing is ever run; `login_rules.ts` says what it answers. The in-process shell and the SSH server are its callers.
 */
import type { Clock } from "../lib/clock.ts";
import type { CloudState } from "./cloud_state.ts";
import { LoginProof } from "../ssh/login_proof.ts";
import { commandAnswer, forcedCommandOf } from "./login_rules.ts";
import { type SimulatedServer, statusAt } from "./simulated_server.ts";

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
  const forced = forcedCommandOf(ssh, username);
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
