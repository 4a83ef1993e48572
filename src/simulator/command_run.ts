/**
 * A command on a simulated server, in the simulator's time: half of its output in the middle, the rest at its end.
 * Nothing is ever run; `login_rules.ts` says what it answers. The in-process shell and the SSH server are its callers.
 */
import type { Clock } from "../lib/clock.ts";
import type { CloudState } from "./cloud_state.ts";
import { commandAnswer } from "./login_rules.ts";
import { type SimulatedServer, statusAt } from "./simulated_server.ts";

/** Whose command it is. */
export interface CommandGround {
  readonly clock: Clock;
  readonly cloud: CloudState;
  readonly server: SimulatedServer;
}

/** The code it exits with; `broken` where the connection ends before it does; `late` where time is up. */
export type CommandEnd = number | "broken" | "late";

/** @param options `write` is given the output as it comes; `timeout` is how long it may take */
export async function runCommand(
  { clock, cloud, server }: CommandGround,
  command: string,
  { write, timeout = Infinity, signal }: {
    write: (output: Uint8Array) => void;
    timeout?: number;
    signal: AbortSignal;
  },
): Promise<CommandEnd> {
  const { output, exitCode, time } = commandAnswer(cloud.settings.ssh, server, command);
  const bytes = new TextEncoder().encode(output);
  const middle = Math.floor(bytes.length / 2);
  const half = Math.floor(time / 2);
  const isGone = () => statusAt(server, clock.now()) === "DELETED";

  if (!(await pause(half))) return "late";
  if (isGone()) return "broken";
  if (middle > 0) write(bytes.subarray(0, middle));
  if (server.ssh === "closes") return "broken";
  if (!(await pause(time - half, half))) return "late";
  if (isGone()) return "broken";
  if (bytes.length > 0) write(bytes.subarray(middle));
  return exitCode;

  /** Whether there was time for so long a pause after so much. */
  async function pause(milliseconds: number, before = 0): Promise<boolean> {
    const length = Math.min(milliseconds, timeout - before);
    if (length > 0) await clock.sleep(length, { signal });
    return length === milliseconds;
  }
}
