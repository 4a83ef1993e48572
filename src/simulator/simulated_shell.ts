/** `Shell` straight into a simulator: logins by address, with no socket, in the simulator's time. */
import ssh2 from "ssh2";
import { seededRandom } from "../lib/random.ts";
import {
  algorithmsFailure,
  authProblem,
  loginOutOfTime,
  loginPlace,
  type LoginStage,
  otherHostKey,
} from "../ssh/login_failure.ts";
import { LoginProof } from "../ssh/login_proof.ts";
import { offerProblem } from "../ssh/server_offer.ts";
import {
  type CommandResult,
  LoginError,
  type LoginTarget,
  type Shell,
  type ShellSession,
} from "../ssh/shell.ts";
import { hostKeyOf } from "./ssh_keys.ts";
import { type CommandGround, leave, letsIn, runSimulatedCommand } from "./login_rules.ts";
import type { CloudSettings } from "./settings.ts";
import { answersSshAt, type SimulatedServer, statusAt } from "./simulated_server.ts";
import type { Simulator } from "./simulator.ts";
import { algorithmSets } from "./ssh_algorithms.ts";
import { OutputTail } from "../lib/output_tail.ts";
import { copyLocalFolder } from "./copy_local_folder.ts";
import { FileError, homeOf } from "./server_files.ts";

type SshSettings = CloudSettings["ssh"];

export function createSimulatedShell(simulator: Simulator): Shell {
  return {
    connect: async (target, limits) => (await enter({ simulator, target, limits })).session,
    async login(target, { command, ...limits }) {
      const { session, result } = await enter({ simulator, target, limits, command });
      await session[Symbol.asyncDispose]();
      return { ...result, hostKey: session.hostKey };
    },
  };
}

interface Attempt {
  readonly simulator: Simulator;
  readonly target: LoginTarget;
  readonly limits: { readonly timeout: number; readonly signal: AbortSignal };
  readonly command?: string;
}

/**
 * One attempt, step by step as the real one goes, with the time that each step takes there.
 * @returns the session, and what the command came to
 */
async function enter(
  { simulator, target, limits: { timeout, signal }, command }: Attempt,
): Promise<{ session: ShellSession; result: CommandResult }> {
  signal.throwIfAborted();
  const { clock } = simulator;
  const where = loginPlace(target);
  let left = timeout;
  const spend = async (stage: LoginStage, time: number) => {
    const isLate = time >= left;
    const spent = Math.min(time, left);
    left -= spent;
    if (spent > 0) await clock.sleep(spent, { signal });
    if (isLate) throw loginOutOfTime(timeout, { stage, where });
  };
  const found = simulator.serverAt(target.address);
  if (found === null || !answersSshAt(found.server, clock.now())) {
    throw new LoginError("network", `${where}: connection refused`);
  }
  const { cloud, server } = found;
  const { ssh } = cloud.settings;
  await spend("handshake", ssh.slow.banner);
  const hostKey = shownHostKey(ssh, server, target);
  await spend("auth", ssh.slow.authentication);
  authenticate(ssh, server, target);
  await spend("command", ssh.slow.session);
  const session = openSession({ clock, cloud, server, username: target.username }, { hostKey, where });
  try {
    return { session, result: await prove(session, { command, timeout: left, signal, where }) };
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

function shownHostKey(ssh: SshSettings, server: SimulatedServer, target: LoginTarget): string {
  const where = loginPlace(target);
  const algorithms = algorithmSets[ssh.algorithms];
  const problem = offerProblem({ ...algorithms, hostKey: [algorithms.hostKey] });
  if (problem !== null) throw algorithmsFailure(problem, { where });
  const { publicKey } = hostKeyOf(server, algorithms.hostKey);
  const { hostKeys } = target;
  if (hostKeys.length > 0 && !hostKeys.includes(publicKey)) throw otherHostKey(publicKey, { where });
  return publicKey;
}

function authenticate(ssh: SshSettings, server: SimulatedServer, target: LoginTarget): void {
  const { username, privateKey } = target;
  const isIn = letsIn(ssh, server, { username, publicKey: () => publicKeyFor(privateKey) });
  if (isIn && ssh.alsoWants.length === 0) return;
  throw new LoginError("auth", `${loginPlace(target)}: ${authProblem(isIn ? ssh.alsoWants : [])}`);
}

async function prove(
  session: ShellSession,
  { command, timeout, signal, where }: Attempt["limits"] & { command: string | undefined; where: string },
): Promise<CommandResult> {
  const proof = new LoginProof(words);
  const onOutput = (chunk: Uint8Array) => proof.hear(chunk);
  try {
    return proof.check(await session.run(proof.script(command), { timeout, signal, onOutput }), { where });
  } catch (error) {
    throw proof.explain(error, { where });
  }
}

/** Nobody sees the words that the servers send back. */
const words = seededRandom(1);

/** Reading a key costs far more than the rest of a login, and a pool uses the same few again and again. */
const publicKeys = new Map<string, string>();

function publicKeyFor(privateKey: string): string {
  let publicKey = publicKeys.get(privateKey);
  if (publicKey === undefined) {
    const parsed = ssh2.utils.parseKey(privateKey);
    if (parsed instanceof Error) {
      throw new LoginError("auth", `the private key cannot be read: ${parsed.message}`, { cause: parsed });
    }
    const key = Array.isArray(parsed) ? parsed[0] : parsed;
    publicKey = `${key.type} ${key.getPublicSSH().toString("base64")}`;
    publicKeys.set(privateKey, publicKey);
  }
  return publicKey;
}

/**
 * A login that lasts. A connection that broke once stays broken.
 * @param options `where`: user, address and port, for messages
 */
function openSession(
  ground: CommandGround,
  { hostKey, where }: { hostKey: string; where: string },
): ShellSession {
  const { clock, cloud, server, username } = ground;
  let isOpen = true;
  const failed = (failure: LoginError["failure"], message: string, cause?: unknown) =>
    new LoginError(failure, `${where}: ${message}`, cause === undefined ? undefined : { cause });
  const check = (signal: AbortSignal) => {
    signal.throwIfAborted();
    if (statusAt(server, clock.now()) === "DELETED") isOpen = false;
    if (!isOpen) throw failed("command", "the connection is closed");
  };
  return {
    hostKey,
    get hasTerminal() {
      return cloud.settings.ssh.terminals;
    },
    async run(text, { timeout, signal, onOutput }) {
      check(signal);
      const output = new OutputTail();
      const hasTerminal = cloud.settings.ssh.terminals;
      const end = await runSimulatedCommand(ground, { text, hasTerminal }, {
        timeout,
        signal,
        write(chunk) {
          output.add(chunk);
          onOutput?.(chunk);
        },
      });
      if (typeof end === "number") return { exitCode: end, output: output.text() };
      isOpen = false;
      if (end === "broken") throw failed("command", "the connection closed before the command ended");
      throw failed("timeout", `the command did not end within ${timeout / 1000} s`);
    },
    async copyFolder(local, remote, { signal }) {
      check(signal);
      const copy = { local, remote, home: homeOf(username), at: clock.now(), signal };
      try {
        await copyLocalFolder(server.files, copy);
      } catch (error) {
        throw error instanceof FileError ? failed("command", error.message, error) : error;
      }
    },
    [Symbol.asyncDispose]() {
      isOpen = false;
      leave(cloud.settings.ssh, server);
      return Promise.resolve();
    },
  };
}
