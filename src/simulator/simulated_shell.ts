/** `Shell` straight into a simulator: logins by address, with no socket, in the simulator's time. */
import ssh2 from "ssh2";
import { LoginError, type LoginTarget, type Shell } from "../ssh/shell.ts";
import type { Clock } from "../lib/clock.ts";
import type { CloudState } from "./cloud_state.ts";
import { hostKeyOf } from "./host_key.ts";
import { letsIn } from "./login_rules.ts";
import { answersSshAt, type SimulatedServer } from "./simulated_server.ts";
import { SimulatedSession } from "./simulated_session.ts";

/** What the shell needs of a simulator. */
export interface LoginGround {
  readonly clock: Clock;
  serverAt(address: string): { cloud: CloudState; server: SimulatedServer } | null;
}

export function createSimulatedShell(ground: LoginGround): Shell {
  return {
    connect(target, { signal }) {
      return Promise.try(() => {
        signal.throwIfAborted();
        return openSession(ground, target);
      });
    },
    async login(target, { command, timeout, signal }) {
      signal.throwIfAborted();
      await using session = openSession(ground, target);
      return { ...await session.run(command, { timeout, signal }), hostKey: session.hostKey };
    },
  };
}

function openSession(ground: LoginGround, target: LoginTarget): SimulatedSession {
  const { username, address, port } = target;
  const where = `${username}@${address}:${port}`;
  const { cloud, server } = openServer(ground, address, where);
  const hostKey = hostKeyOf(server).publicKey;
  checkHostKey(target, hostKey, where);
  const publicKey = () => publicKeyFor(target.privateKey);
  if (!letsIn(cloud.settings.ssh, server, { username, publicKey })) {
    throw new LoginError("auth", `${where}: the server does not accept the key for this user`);
  }
  return new SimulatedSession({ clock: ground.clock, cloud, server }, { hostKey, username, where });
}

function openServer(ground: LoginGround, address: string, where: string) {
  const found = ground.serverAt(address);
  if (found === null || !answersSshAt(found.server, ground.clock.now())) {
    throw new LoginError("network", `${where}: connection refused`);
  }
  return found;
}

function checkHostKey(target: LoginTarget, hostKey: string, where: string): void {
  if (target.hostKeys.length === 0 || target.hostKeys.includes(hostKey)) return;
  const type = hostKey.split(" ")[0];
  throw new LoginError(
    "hostKey",
    `${where}: the server shows another ${type} host key than the one recorded; it may be another server`,
  );
}

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
