/**
 * `nodepoold` and `nodepool-builder` without -d: start the daemon in a session of its own and end once it runs,
 * or say why it does not. The child has nothing of the caller's terminal: it reads nothing, and what it prints goes to a
 * file beside the state. It tells its start in a file that both know: empty while it starts, removed once it runs, and
 * with the reason in it where it fails.
 */
import { dirname, join } from "node:path";
import { DEFAULT_STATE } from "../domain/default_state.ts";
import { isEtcdState } from "../domain/etcd_address.ts";
import { systemClock } from "../lib/clock.ts";
import { fileReason } from "../lib/file_reason.ts";
import type { ProcessSignals } from "../lib/process_signals.ts";
import { systemHome } from "../lib/system_account.ts";
import { UsageError } from "./cli_error.ts";
import type { BackgroundOptions } from "./wiring.ts";
import { findStatePath } from "./state_path.ts";

const SETSID = "/usr/bin/setsid";

/** Neither ends a process that has no handler for it yet. */
const SCRIPT = `trap '' HUP USR2; log=$1; shift; exec "$@" >>"$log" 2>&1`;

/** Deno starts nothing with these in its environment unless it may run everything. */
const NO_LOADER = { LD_PRELOAD: "", LD_LIBRARY_PATH: "" };

const LOOK = 50;

/**
 * @returns the exit code: 0, it runs
 * @throws UsageError where there is no program to start, or its output has no place
 */
export async function startInBackground(
  { program: { name, file }, argv, configFile, say }: BackgroundOptions,
  signals?: ProcessSignals,
): Promise<number> {
  if (file === null) {
    throw new UsageError(`${name} can run in the background only as a compiled program: give -d`);
  }
  const log = await makeLog(name, configFile);
  const report = await Deno.makeTempFile({ prefix: `${name}-start-` });
  try {
    const child = start([file, ...argv, "--nodaemon", "--start-report", report], log);
    signals?.stop.then(() => child.kill("SIGTERM")).catch(() => {});
    const ended = await endedBeforeRunning(child, report);
    if (ended === null) return 0;
    say(
      await Deno.readTextFile(report) ||
        `${name}: it exited with code ${ended} while starting; see ${log}\n`,
    );
    return ended || 1;
  } finally {
    await Deno.remove(report).catch(() => {});
  }
}

function start(command: readonly string[], log: string): Deno.ChildProcess {
  try {
    const args = ["/bin/sh", "-c", SCRIPT, "sh", log, ...command];
    const stdio = { stdin: "null", stdout: "null", stderr: "null" } as const;
    return new Deno.Command(SETSID, { args, env: NO_LOADER, ...stdio }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(
      `cannot run in the background without ${SETSID} (package util-linux): install it, or give -d`,
    );
  }
}

/** null: it runs. @returns the exit code of one that does not */
async function endedBeforeRunning(child: Deno.ChildProcess, report: string): Promise<number | null> {
  const ended = child.status.then(({ code }) => code);
  for (;;) {
    const code = await Promise.race([ended, systemClock.sleep(LOOK).then(() => null)]);
    if (!await Deno.stat(report).then(() => true, () => false)) return null;
    if (code !== null) return code;
  }
}

/** The daemon's output goes there; nowhere if the configuration cannot be read, which the daemon then reports. */
async function makeLog(name: string, configFile: string): Promise<string> {
  const { state, problem } = await findStatePath(configFile, { home: systemHome() });
  if (problem !== null) return "/dev/null";
  const folder = dirname(isEtcdState(state) ? DEFAULT_STATE : state);
  const log = join(folder, `${name}.log`);
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    (await Deno.open(log, { append: true, create: true, mode: 0o600 })).close();
    return log;
  } catch (error) {
    throw new UsageError(
      `cannot write ${log}, which takes what ${name} prints in the background: ${fileReason(error)}`,
    );
  }
}
