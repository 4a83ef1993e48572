/**
 * Runs a script of `script-dir` on an image's server: `setup` on the one that is to be snapshotted, `check-script` on
 * one that was booted from a fresh image. Its output goes to a log file as it comes.
 */
import { HOUR, type Milliseconds, MINUTE } from "../../domain/time.ts";
import type { AttemptDeps } from "../outcome.ts";
import {
  LoginError,
  type LoginFailure,
  type LoginTarget,
  type Shell,
  type ShellSession,
} from "../../ssh/shell.ts";
import type { Credentials } from "../credentials.ts";
import { asFirstUser } from "../first_user.ts";
import { GROUP_FOLDER } from "../group_files.ts";
import { SPARING_PAUSE } from "../login.ts";
import {
  NO_TERMINAL,
  OPEN_SCRIPTS,
  runToEnd,
  type ScriptCall,
  scriptCommand,
  ScriptError,
  SCRIPTS,
  type ScriptStep,
} from "../remote_script.ts";
import { imageFailure, type ImageOutcome } from "./image_outcome.ts";

export interface ScriptJob extends Omit<ScriptCall, "folder"> {
  readonly kind: "setup" | "check";
  readonly scriptDir: string | null;
}

interface ScriptDeps extends AttemptDeps {
  readonly shell: Shell;
  readonly credentials: Credentials;
  readonly target: (username: string) => Promise<LoginTarget>;
  /** The time limit of the login, for all users together. */
  readonly loginTimeout: Milliseconds;
  readonly log: { write(chunk: Uint8Array): void };
}

/** Failures that say nothing of the login itself. */
const PASSING: ReadonlySet<LoginFailure> = new Set(["network", "handshake"]);
const COPY_TIMEOUT = 30 * MINUTE;
const STEP_TIMEOUT = 5 * MINUTE;
/** A setup may install a whole development environment. */
const SCRIPT_TIMEOUT = { setup: 6 * HOUR, check: 1 * HOUR };

const CHECK_SCRIPTS = "/tmp/nodepool-check";

export async function executeScript(job: ScriptJob, deps: ScriptDeps): Promise<ImageOutcome> {
  try {
    await runScript(job, deps);
    return job.kind === "setup" ? { type: "set-up" } : { type: "passed" };
  } catch (error) {
    deps.signal.throwIfAborted();
    const console = error instanceof ScriptError ? error.output : null;
    const failed = imageFailure(error, deps.clock.now(), { kind: job.kind, console });
    return job.kind === "check" ? { ...failed, atFault: "image" } : failed;
  }
}

async function runScript(job: ScriptJob, deps: ScriptDeps): Promise<void> {
  const { username, session } = await connect(deps);
  await using open = session;
  if (session.hasTerminal === false) deps.log.write(new TextEncoder().encode(`${NO_TERMINAL}\n`));
  const folder = job.kind === "setup" ? SCRIPTS : CHECK_SCRIPTS;
  await prepare(open, { job, username, folder }, deps);
  const command = scriptCommand({ ...job, folder });
  await run(open, { what: `the script ${job.script}`, command, timeout: SCRIPT_TIMEOUT[job.kind] }, deps);
  // What is only in the server's memory would be missing in the snapshot.
  if (job.kind === "setup") await run(open, { what: "sync", command: "sync", timeout: STEP_TIMEOUT }, deps);
}

/** Nothing has run yet: a server that refuses connections, as sshd does to many at once, is asked again. */
async function connect(
  { shell, clock, credentials, target, loginTimeout, signal }: ScriptDeps,
): Promise<{ username: string; session: ShellSession }> {
  const deadline = clock.now() + loginTimeout;
  for (;;) {
    try {
      return await asFirstUser(credentials.usernames, {
        clock,
        timeout: deadline - clock.now(),
        signal,
        // Where cloud-init has made new host keys since the first login, those are the server's from now on.
        attempt: async (username, limits) => ({
          username,
          session: await shell.connect({ ...await target(username), hostKeys: [] }, limits),
        }),
        drop: ({ session }) => session[Symbol.asyncDispose](),
      });
    } catch (error) {
      const isPassing = error instanceof LoginError && PASSING.has(error.failure);
      if (!isPassing || clock.now() + SPARING_PAUSE >= deadline) throw error;
    }
    await clock.sleep(SPARING_PAUSE, { signal });
  }
}

async function prepare(
  session: ShellSession,
  { job, username, folder }: { job: ScriptJob; username: string; folder: string },
  deps: ScriptDeps,
): Promise<void> {
  const asRoot = username === "root" ? "" : "sudo ";
  const step = (what: string, command: string) =>
    run(session, { what, command, timeout: STEP_TIMEOUT }, deps);
  if (job.kind === "setup") {
    // Everybody may write there: the user of later logins may not be root.
    await step(
      `creating ${GROUP_FOLDER}`,
      `${asRoot}mkdir -p ${GROUP_FOLDER} && ${asRoot}chmod 0777 ${GROUP_FOLDER}`,
    );
    await step(`creating ${folder}`, `${asRoot}mkdir -p ${folder} && ${asRoot}chown "$(id -u)" ${folder}`);
  }
  if (job.scriptDir === null) return;
  const { signal } = deps;
  await session.copyFolder(job.scriptDir, folder, { timeout: COPY_TIMEOUT, signal });
  if (job.kind === "setup") await step(`opening ${folder} to all users`, OPEN_SCRIPTS);
}

async function run(
  session: ShellSession,
  { what, command, timeout }: ScriptStep,
  { signal, log }: ScriptDeps,
): Promise<void> {
  log.write(new TextEncoder().encode(`+ ${what}\n`));
  await runToEnd(session, { what, command, timeout }, { signal, onOutput: (chunk) => log.write(chunk) });
}
