/** The real Shell, over ssh2. Only the composition root imports this; everything else sees the port. */
import ssh2 from "ssh2";
import { type Milliseconds, SECOND } from "../domain/time.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { readPrivateKey } from "./private_key.ts";
import { runCommand } from "./run_command.ts";
import type { LoginTarget, Shell } from "./shell.ts";
import { Ssh2Connection } from "./ssh2_connection.ts";
import { Ssh2Session } from "./ssh2_session.ts";

export interface Ssh2ShellOptions {
  readonly clock?: Clock;
  /** Between two questions whether the server of a session is still there; three without an answer end it. */
  readonly keepalive?: Milliseconds;
}

export function createSsh2Shell(
  { clock = systemClock, keepalive = 15 * SECOND }: Ssh2ShellOptions = {},
): Shell {
  return {
    async connect(target, limits) {
      const connection = prepare(target, { clock, keepalive, signal: limits.signal });
      try {
        await during(connection, { clock, ...limits, work: () => connection.open() });
      } catch (error) {
        await connection.close();
        throw error;
      }
      return new Ssh2Session(connection, { clock });
    },
    async login(target, { command, ...limits }) {
      // Its time limit is short: nothing has to find out earlier that the server is gone.
      const connection = prepare(target, { clock, keepalive: 0, signal: limits.signal });
      const work = async () => {
        await connection.open();
        const result = await runCommand(connection, command, { signal: connection.lost });
        return { ...result, hostKey: connection.hostKey };
      };
      try {
        return await during(connection, { clock, ...limits, work });
      } finally {
        await connection.close();
      }
    },
  };
}

function prepare(
  target: LoginTarget,
  { signal, ...means }: { clock: Clock; keepalive: Milliseconds; signal: AbortSignal },
): Ssh2Connection {
  const { Client } = ssh2;
  signal.throwIfAborted();
  const privateKey = readPrivateKey(target);
  return new Ssh2Connection(target, { client: new Client(), privateKey, ...means });
}

/** Does work that ends with the connection, which ends when time is up or the signal is aborted. */
async function during<Result>(
  connection: Ssh2Connection,
  { clock, timeout, signal, work }: {
    clock: Clock;
    timeout: Milliseconds;
    signal: AbortSignal;
    work: () => Promise<Result>;
  },
): Promise<Result> {
  const over = new AbortController();
  const abort = () => connection.fail(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  clock.sleep(timeout, { signal: over.signal }).then(() => connection.timeOut(timeout), () => {});
  try {
    return await work();
  } finally {
    over.abort();
    signal.removeEventListener("abort", abort);
  }
}
