/** One attempt at logging in to a node; a server that is still booting refuses a few times. */
import type { ProviderConfig, ProviderImageConfig } from "../domain/config.ts";
import { groupFiles, type NodeGroup } from "../domain/group_files.ts";
import type { NodeRecord } from "../domain/node.ts";
import { SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import { LoginError, type LoginTarget, type Shell } from "../ssh/shell.ts";
import { asFirstUser, type Credentials } from "./credentials.ts";
import { groupFilesCommand } from "./group_command.ts";
import { memberOf } from "./group_member.ts";
import type { Outcome } from "./outcome.ts";

/** Between the end of one attempt and the next. */
const PAUSE = 1 * SECOND;
/** An address that swallows packets must not hold up an attempt longer than this. */
const ATTEMPT_TIMEOUT = 10 * SECOND;

export interface LoginMeans {
  readonly shell: Shell;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly provider: ProviderConfig;
  readonly image: ProviderImageConfig;
  readonly credentials: Credentials;
}

export async function executeLogin(
  { node, address }: { node: NodeRecord; address: string },
  { next, makeKeypair, ...means }: LoginMeans & {
    /** What follows on the login. */
    next: "prepare" | "assign" | "ready";
    makeKeypair: () => Promise<NodeGroup["key"]>;
  },
): Promise<Outcome> {
  try {
    // What a node alone is to know of itself is put there by the login that proves it.
    const command = next === "prepare" ? "true" : ownFiles(node, means, await makeKeypair());
    return { event: { type: "logged-in", hostKey: await logIn(node, address, { ...means, command }), next } };
  } catch (error) {
    means.signal.throwIfAborted();
    const until = means.clock.now() + PAUSE;
    return {
      event: { type: "postponed", until, waitingOn: { reason: "login", message: errorChain(error) } },
    };
  }
}

/** Not every image lets its user write there; whoever needs the files has a ready script or subnodes. */
function ownFiles(
  node: NodeRecord,
  { provider }: Pick<LoginMeans, "provider">,
  key: NodeGroup["key"],
): string {
  const member = memberOf(node);
  const files = groupFiles(member, { primary: member, subnodes: [], provider, key });
  return `${groupFilesCommand(files)} >/dev/null 2>&1 || true`;
}

/** Logs in and runs a command. @returns the host key shown @throws LoginError */
export async function logIn(
  node: NodeRecord,
  address: string,
  { command = "true", ...means }: LoginMeans & { command?: string },
): Promise<string> {
  const { provider, shell, signal, credentials } = means;
  const timeout = Math.min(ATTEMPT_TIMEOUT, provider.bootTimeout);
  const { exitCode, output, hostKey } = await asFirstUser(credentials, async (username) => {
    const target = await loginTarget(node, { ...means, address, username });
    return await shell.login(target, { command, timeout, signal });
  });
  if (exitCode === 0) return hostKey;
  const said = output.trim() === "" ? "" : `: ${output.trim().slice(-200)}`;
  throw new LoginError("command", `the first command at ${address} ended with exit code ${exitCode}${said}`);
}

/** Where and as whom to log in to a node. */
export async function loginTarget(
  node: NodeRecord,
  { image, provider, credentials, address, username }:
    & Pick<LoginMeans, "image" | "provider" | "credentials">
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
