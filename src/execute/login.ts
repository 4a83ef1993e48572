/** One attempt at logging in to a node; a server that is still booting refuses a few times. */
import type { ProviderConfig, ProviderImageConfig } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import { SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import { LoginError, type LoginTarget, type Shell } from "../ssh/shell.ts";
import { asFirstUser, type Credentials } from "./credentials.ts";
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
  means: LoginMeans,
): Promise<Outcome> {
  try {
    return { event: { type: "logged-in", hostKey: await logIn(node, address, means) } };
  } catch (error) {
    means.signal.throwIfAborted();
    const until = means.clock.now() + PAUSE;
    return {
      event: { type: "postponed", until, waitingOn: { reason: "login", message: errorChain(error) } },
    };
  }
}

/** Logs in and runs a command. @returns the host key shown @throws LoginError */
export async function logIn(node: NodeRecord, address: string, means: LoginMeans): Promise<string> {
  const { provider, shell, signal, credentials } = means;
  const timeout = Math.min(ATTEMPT_TIMEOUT, provider.bootTimeout);
  const { exitCode, output, hostKey } = await asFirstUser(credentials, async (username) => {
    const target = await loginTarget(node, { ...means, address, username });
    return await shell.login(target, { command: "true", timeout, signal });
  });
  if (exitCode === 0) return hostKey;
  const said = output.trim() === "" ? "" : `: ${output.trim().slice(-200)}`;
  throw new LoginError("command", `the command true at ${address} ended with exit code ${exitCode}${said}`);
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
