/**
 * Runs a script of `script-dir` on an image's server: `setup` on the one that is to be snapshotted, `check-script` on
 * one that was booted from a fresh image. Its output goes to a log file as it comes.
 */
import type { NodeRecord } from "../../domain/node.ts";
import { HOUR, MINUTE, SECOND } from "../../domain/time.ts";
import type { Clock } from "../../lib/clock.ts";
import { shellQuote } from "../../lib/shell_quote.ts";
import { LoginError, type LoginTarget, type Shell, type ShellSession } from "../../ssh/shell.ts";
import { asFirstUser, type Credentials } from "../credentials.ts";
import { failure, type ImageOutcome } from "./image_outcome.ts";

export interface ScriptJob {
  readonly kind: "setup" | "check";
  /** As the configuration has it: a name in `script-dir`, perhaps with arguments. */
  readonly script: string;
  /** The script's last argument. */
  readonly hostname: string;
  readonly scriptDir: string | null;
  /** Variables that the script is given. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface ScriptMeans {
  readonly shell: Shell;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly credentials: Credentials;
  readonly target: (username: string) => Promise<LoginTarget>;
  readonly log: { write(chunk: Uint8Array): void };
}

const CONNECT_TIMEOUT = 30 * SECOND;
const COPY_TIMEOUT = 30 * MINUTE;
const STEP_TIMEOUT = 5 * MINUTE;
/** A setup may install a whole development environment. */
const SCRIPT_TIMEOUT = { setup: 6 * HOUR, check: 1 * HOUR };

/** Where 2016's Nodepool put the scripts, and where it left what a node is to know of itself. */
const SCRIPTS = "/opt/nodepool-scripts";
const CONFIG = "/etc/nodepool";
const CHECK_SCRIPTS = "/tmp/nodepool-check";

export async function executeScript(
  job: ScriptJob,
  means: ScriptMeans,
): Promise<ImageOutcome> {
  try {
    await runScript(job, means);
    return job.kind === "setup" ? { type: "set-up" } : { type: "passed" };
  } catch (error) {
    means.signal.throwIfAborted();
    const console = error instanceof ScriptError ? error.output : null;
    return failure(error, means.clock.now(), { kind: job.kind, console });
  }
}

/** A script that ended with another code than 0. */
class ScriptError extends Error {
  override readonly name = "ScriptError";
  constructor(message: string, readonly output: string) {
    super(message);
  }
}

async function runScript(job: ScriptJob, means: ScriptMeans): Promise<void> {
  const { username, session } = await connect(means);
  await using open = session;
  const folder = job.kind === "setup" ? SCRIPTS : CHECK_SCRIPTS;
  await prepare(open, { job, username, folder }, means);
  const assignments = Object.entries(job.variables).map(([name, value]) => `${name}=${shellQuote(value)}`);
  const command = [`cd ${folder} &&`, ...assignments, `./${job.script}`, shellQuote(job.hostname)].join(" ");
  await run(open, { what: `the script ${job.script}`, command, timeout: SCRIPT_TIMEOUT[job.kind] }, means);
  // What is only in the server's memory would be missing in the snapshot.
  if (job.kind === "setup") await run(open, { what: "sync", command: "sync", timeout: STEP_TIMEOUT }, means);
}

async function connect(means: ScriptMeans): Promise<{ username: string; session: ShellSession }> {
  const { shell, credentials, target, signal } = means;
  return await asFirstUser(credentials, async (username) => ({
    username,
    session: await shell.connect(await target(username), { timeout: CONNECT_TIMEOUT, signal }),
  }));
}

async function prepare(
  session: ShellSession,
  { job, username, folder }: { job: ScriptJob; username: string; folder: string },
  means: ScriptMeans,
): Promise<void> {
  const asRoot = username === "root" ? "" : "sudo ";
  const step = (what: string, command: string) =>
    run(session, { what, command, timeout: STEP_TIMEOUT }, means);
  if (job.kind === "setup") {
    // Everybody may write there: whoever logs in to a node later may not be root.
    await step(
      `making ${CONFIG}`,
      `${asRoot}mkdir -p ${CONFIG} && ${asRoot}chmod 0777 ${CONFIG}`,
    );
    await step(`making ${folder}`, `${asRoot}mkdir -p ${folder} && ${asRoot}chown "$(id -u)" ${folder}`);
  }
  if (job.scriptDir === null) return;
  const { signal } = means;
  await session.copyFolder(job.scriptDir, folder, { timeout: COPY_TIMEOUT, signal });
}

async function run(
  session: ShellSession,
  { what, command, timeout }: { what: string; command: string; timeout: number },
  { signal, log }: ScriptMeans,
): Promise<void> {
  log.write(new TextEncoder().encode(`+ ${what}\n`));
  const { exitCode, output } = await session.run(command, {
    timeout,
    signal,
    onOutput: (chunk) => log.write(chunk),
  });
  if (exitCode === 0) return;
  throw new ScriptError(`${what} ended with exit code ${exitCode}`, lastLines(output));
}

const LINES = 50;

function lastLines(output: string): string {
  return output.trimEnd().split("\n").slice(-LINES).join("\n");
}

/** The servers of an image have one address to log in to; without one nothing can be run. */
export function addressOf(node: NodeRecord): string {
  if (node.addresses === null) throw new LoginError("network", `node ${node.id} has no address to log in to`);
  return node.addresses.login;
}
