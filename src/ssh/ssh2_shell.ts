/** The real Shell, over ssh2. Only the composition root imports this; everything else sees the port. */
import ssh2 from "ssh2";
import { type Milliseconds, SECOND } from "../domain/time.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { startDeadline } from "../lib/deadline.ts";
import { systemRandom } from "../lib/random.ts";
import { LoginProof } from "./login_proof.ts";
import { runCommand } from "./run_command.ts";
import { type CommandResult, LoginError, type LoginTarget, type Shell } from "./shell.ts";
import { Ssh2Connection } from "./ssh2_connection.ts";
import { Ssh2Session } from "./ssh2_session.ts";
import { readLoginKey } from "../lib/ssh_key/read_login_key.ts";
import { loginPlace } from "./login_failure.ts";

export interface Ssh2ShellOptions {
  readonly clock?: Clock;
  /** Between two questions whether the server of a session is still there; three without an answer end it. */
  readonly keepalive?: Milliseconds;
}

export function createSsh2Shell(
  { clock = systemClock, keepalive = 40 * SECOND }: Ssh2ShellOptions = {},
): Shell {
  /** One connection that has run its first command; closed where that fails. */
  const enter = async (target: LoginTarget, { command, timeout, signal, ...how }: FirstCommand) => {
    signal.throwIfAborted();
    const proof = new LoginProof(systemRandom);
    const { Client } = ssh2;
    const options = { client: new Client(), privateKey: readPrivateKey(target), clock, ...how };
    const connection = new Ssh2Connection(target, options);
    try {
      using deadline = startDeadline({ clock, timeout, signal, reason: () => connection.outOfTime(timeout) });
      const { signal: over } = deadline;
      over.addEventListener("abort", () => connection.fail(over.reason), { once: true });
      await connection.open();
      return { connection, result: await firstCommand(connection, proof, command) };
    } catch (error) {
      await connection.close();
      if (!isTerminalsFault(connection, error)) throw proof.explain(error, connection);
      return null;
    }
  };
  /** A server that ends the connection when it is asked for a terminal is asked again, without. */
  const logIn = async (target: LoginTarget, how: Omit<FirstCommand, "terminals">) => {
    const deadline = clock.now() + how.timeout;
    const entered = await enter(target, { ...how, terminals: "unasked" });
    if (entered !== null) return entered;
    const again = { ...how, timeout: deadline - clock.now(), terminals: "refused" } as const;
    return (await enter(target, again))!;
  };
  return {
    async connect(target, limits) {
      const { connection } = await logIn(target, { ...limits, keepalive });
      return new Ssh2Session(connection);
    },
    async login(target, { command, ...limits }) {
      // A server that still boots may answer nothing for long: only its time limit ends it.
      const { connection, result } = await logIn(target, { ...limits, command, keepalive: 0 });
      await connection.close();
      return { ...result, hostKey: connection.hostKey };
    },
  };
}

interface FirstCommand {
  readonly timeout: Milliseconds;
  readonly signal: AbortSignal;
  readonly command?: string;
  readonly keepalive: Milliseconds;
  readonly terminals: "unasked" | "refused";
}

/** Whether the connection ended over the first question for a terminal, as with an sshd that is not run by root. */
function isTerminalsFault({ terminals }: Ssh2Connection, error: unknown): boolean {
  return terminals === "asked" && error instanceof LoginError && error.failure === "command";
}

/** The login counts when this has run. */
async function firstCommand(
  connection: Ssh2Connection,
  proof: LoginProof,
  command?: string,
): Promise<CommandResult> {
  const result = await runCommand(connection, proof.script(command), {
    signal: connection.lost,
    onOutput: (chunk) => proof.hear(chunk),
  });
  return proof.check(result, connection);
}

/** As the SSH client reads it. @throws LoginError `auth` where it cannot be used; the message does not show it */
function readPrivateKey(target: LoginTarget): string {
  const read = readLoginKey(target.privateKey, "FILE");
  if ("key" in read) return read.key;
  throw new LoginError("auth", `${loginPlace(target)}: the private key ${read.problem}`);
}
