/** One attempt at logging in to a node; a server that is still booting refuses a few times. */
import type { ProviderConfig, ProviderImageConfig } from "../domain/config.ts";
import { groupFiles, groupFilesCommand, memberOf, type NodeGroup } from "./group_files.ts";
import type { NodeRecord } from "../domain/node.ts";
import { type Milliseconds, SECOND } from "../domain/time.ts";
import { LoginError, type LoginTarget, type Shell } from "../ssh/shell.ts";
import type { Credentials } from "./credentials.ts";
import { asFirstUser } from "./first_user.ts";
import { type AttemptDeps, type Outcome, postponed } from "./outcome.ts";

/** Between the end of one attempt and the next, while a server is likely to begin to answer. */
const PAUSE = 1 * SECOND;
const LIKELY = 15;
/**
 * Between later ones: firewalls that limit logins (`ufw limit ssh`) let in fewer than six connections in 30 s, and none as long as
 * more are tried.
 */
export const SPARING_PAUSE = 7 * SECOND;
/** Where a restart has used up boot-timeout, each node still gets one attempt. */
const SHORTEST = 10 * SECOND;

export interface LoginDeps extends AttemptDeps {
  readonly shell: Shell;
  readonly provider: ProviderConfig;
  readonly image: ProviderImageConfig;
  readonly credentials: Credentials;
}

export async function executeLogin(
  { node, address }: { node: NodeRecord; address: string },
  { next, makeKeypair, ...deps }: LoginDeps & {
    /** The phase that follows the login. */
    next: "prepare" | "assign" | "ready";
    makeKeypair: () => Promise<NodeGroup["key"]>;
  },
): Promise<Outcome> {
  try {
    // What a node alone is to know of itself is put there by the login that proves it.
    const command = next === "prepare" ? "true" : ownFiles(node, deps, await makeKeypair());
    const timeout = timeLeft(node, deps);
    const hostKey = await logIn(node, address, { ...deps, command, timeout });
    return { event: { type: "logged-in", hostKey, next } };
  } catch (error) {
    return { event: postponed(error, { ...deps, reason: "login", pause: pauseAfter(node, deps) }) };
  }
}

/** The last attempt is made shortly before boot-timeout is over. */
function pauseAfter(node: NodeRecord, deps: LoginDeps): Milliseconds {
  if (node.attempt < LIKELY) return PAUSE;
  return Math.min(SPARING_PAUSE, Math.max(PAUSE, timeLeft(node, deps) - PAUSE));
}

/** The rest of boot-timeout, less a moment in which the failure can be stored before the time is over. */
function timeLeft({ state }: NodeRecord, { clock, provider: { bootTimeout } }: LoginDeps): number {
  const deadline = state.phase === "login" ? state.activeAt + bootTimeout : 0;
  const left = deadline - clock.now();
  return left > 0 ? left - Math.min(PAUSE, left / 10) : Math.min(SHORTEST, bootTimeout);
}

/** Not every image lets its user write there; a node that needs the files has a ready script or subnodes. */
function ownFiles(
  node: NodeRecord,
  { provider }: Pick<LoginDeps, "provider">,
  key: NodeGroup["key"],
): string {
  const member = memberOf(node);
  const files = groupFiles(member, { primary: member, subnodes: [], provider, key });
  return `(${groupFilesCommand(files)}\n) >/dev/null 2>&1 || true`;
}

/** Logs in and runs a command, within a time limit. @returns the host key shown @throws LoginError */
export async function logIn(
  node: NodeRecord,
  address: string,
  { command = "true", timeout, ...deps }: LoginDeps & { command?: string; timeout: Milliseconds },
): Promise<string> {
  const { shell, clock, signal, credentials } = deps;
  const { exitCode, output, hostKey } = await asFirstUser(credentials.usernames, {
    clock,
    timeout,
    signal,
    attempt: async (username, limits) =>
      await shell.login(await loginTarget(node, { ...deps, address, username }), { command, ...limits }),
  });
  if (exitCode === 0) return hostKey;
  const said = output.trim() === "" ? "" : `: ${output.trim().slice(-200)}`;
  throw new LoginError("command", `the first command at ${address} ended with exit code ${exitCode}${said}`);
}

/** Where and as whom to log in to a node. */
export async function loginTarget(
  node: NodeRecord,
  { image, provider, credentials, address, username }:
    & Pick<LoginDeps, "image" | "provider" | "credentials">
    & { address: string; username: string },
): Promise<LoginTarget> {
  return {
    address,
    port: image.connectionPort,
    username,
    privateKey: await credentials.readPrivateKey(),
    hostKeys: provider.hostKeyChecking ? node.hostKeys : [],
  };
}
