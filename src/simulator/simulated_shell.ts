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
import { type CommandResult, LoginError, type LoginTarget, type Shell } from "../ssh/shell.ts";
import { hostKeyOf } from "./host_key.ts";
import { letsIn } from "./login_rules.ts";
import type { CloudSettings } from "./settings.ts";
import { answersSshAt, type SimulatedServer } from "./simulated_server.ts";
import { SimulatedSession } from "./simulated_session.ts";
import type { Simulator } from "./simulator.ts";
import { algorithmsOf, offerOf } from "./ssh_algorithms.ts";

type SshSettings = CloudSettings["ssh"];

export function createSimulatedShell(simulator: Simulator): Shell {
  const enter = (target: LoginTarget, limits: Limits, command?: string) =>
    Promise.try(() => {
      limits.signal.throwIfAborted();
      return new SimulatedLogin(simulator, target, limits).enter(command);
    });
  return {
    connect: async (target, limits) => (await enter(target, limits)).session,
    async login(target, { command, ...limits }) {
      const { session, result } = await enter(target, limits, command);
      await session[Symbol.asyncDispose]();
      return { ...result, hostKey: session.hostKey };
    },
  };
}

interface Limits {
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** One attempt, step by step as the real one goes, with the time that each step takes there. */
class SimulatedLogin {
  readonly #simulator: Simulator;
  readonly #target: LoginTarget;
  readonly #limits: Limits;
  readonly #where: string;
  #left: number;

  constructor(simulator: Simulator, target: LoginTarget, limits: Limits) {
    this.#simulator = simulator;
    this.#target = target;
    this.#limits = limits;
    this.#left = limits.timeout;
    this.#where = loginPlace(target);
  }

  /** @returns the session, and what the command came to */
  async enter(command?: string): Promise<{ session: SimulatedSession; result: CommandResult }> {
    const { cloud, server } = this.#server();
    const { ssh } = cloud.settings;
    const hostKey = await this.#shakeHands(ssh, server);
    await this.#spend("auth", ssh.slow.authentication);
    this.#authenticate(ssh, server);
    await this.#spend("command", ssh.slow.session);
    const { clock } = this.#simulator;
    const { username } = this.#target;
    const session = new SimulatedSession({ clock, cloud, server, username }, { hostKey, where: this.#where });
    try {
      return { session, result: await this.#prove(session, command) };
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #prove(session: SimulatedSession, command?: string): Promise<CommandResult> {
    const proof = new LoginProof(words);
    const place = { where: this.#where };
    try {
      const result = await session.run(proof.script(command), {
        timeout: this.#left,
        signal: this.#limits.signal,
        onOutput: (chunk) => proof.hear(chunk),
      });
      return proof.check(result, place);
    } catch (error) {
      throw proof.explain(error, place);
    }
  }

  #server() {
    const found = this.#simulator.serverAt(this.#target.address);
    if (found === null || !answersSshAt(found.server, this.#simulator.clock.now())) {
      throw new LoginError("network", `${this.#where}: connection refused`);
    }
    return found;
  }

  /** @returns the host key that it shows */
  async #shakeHands(ssh: SshSettings, server: SimulatedServer): Promise<string> {
    const where = this.#where;
    await this.#spend("handshake", ssh.slow.banner);
    const algorithms = algorithmsOf(ssh);
    const problem = offerProblem(offerOf(algorithms));
    if (problem !== null) throw algorithmsFailure(problem, { where });
    const { publicKey } = hostKeyOf(server, algorithms.hostKey);
    const { hostKeys } = this.#target;
    if (hostKeys.length > 0 && !hostKeys.includes(publicKey)) throw otherHostKey(publicKey, { where });
    return publicKey;
  }

  #authenticate(ssh: SshSettings, server: SimulatedServer): void {
    const { username, privateKey } = this.#target;
    const isIn = letsIn(ssh, server, { username, publicKey: () => publicKeyFor(privateKey) });
    if (isIn && ssh.alsoWants.length === 0) return;
    throw new LoginError("auth", `${this.#where}: ${authProblem(isIn ? ssh.alsoWants : [])}`);
  }

  async #spend(stage: LoginStage, time: number): Promise<void> {
    const { timeout, signal } = this.#limits;
    const isLate = time >= this.#left;
    const spent = Math.min(time, this.#left);
    this.#left -= spent;
    if (spent > 0) await this.#simulator.clock.sleep(spent, { signal });
    if (isLate) throw loginOutOfTime(timeout, { stage, where: this.#where });
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
