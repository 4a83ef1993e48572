/** The real program as a process: what end-to-end tests and benchmarks run. */
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What one command printed and how it ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface ProgramOptions {
  /** Added to this process's environment, of which the developer's own is left out. */
  readonly env?: Record<string, string>;
  /** Where it is run; as this process, if left out. */
  readonly cwd?: string;
  /** Run by this program, as `setpriv` with its options; none: directly. */
  readonly under?: readonly string[];
  /** A file that is the program, instead of what `programCommand` takes by itself. */
  readonly binary?: string | null;
}

/** The program: the file given, or the one that NODEPOOL_BINARY names, else the sources as they are. */
export function programCommand(
  args: readonly string[],
  given: string | null = null,
): readonly [string, ...string[]] {
  const binary = given ?? Deno.env.get("NODEPOOL_BINARY");
  if (binary !== undefined) return [binary, ...args];
  const run = [
    "run",
    "-A",
    "--no-check",
    "--cached-only",
    "--node-modules-dir=manual",
    "--config",
    `${root}deno.json`,
    `${root}mod.ts`,
  ];
  return [Deno.execPath(), ...run, ...args];
}

/** Starts a command whose output is read by the caller. */
export function spawnProgram(args: readonly string[], options: ProgramOptions = {}): Deno.ChildProcess {
  return commandOf(args, options).spawn();
}

/** Runs a command to its end. */
export async function runProgram(args: readonly string[], options: ProgramOptions = {}): Promise<Ran> {
  const { code, stdout, stderr } = await commandOf(args, options).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Without the lines in which a command that waits says for what. */
export function withoutWaits(stderr: string): string {
  return stderr.replace(/^nodepool: (waiting for|remedy:) .*\n/gm, "");
}

function commandOf(args: readonly string[], { env, cwd, under = [], binary }: ProgramOptions): Deno.Command {
  const [command, ...rest] = [...under, ...programCommand(args, binary)] as [string, ...string[]];
  return new Deno.Command(command, {
    args: rest,
    cwd,
    clearEnv: true,
    env: programEnvironment(env),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/**
 * For `clearEnv`: this process's, without what would lead the program to other clouds, files, proxies or certificates, or
 * have it say more, or in lines of another width.
 */
export function programEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = Object.entries(Deno.env.toObject()).filter(([name]) =>
    !DEVELOPERS_OWN.some((own) => own.test(name))
  );
  return { ...Object.fromEntries(kept), ...more };
}

/** `XDG_CACHE_HOME` stays: Deno may keep there what the program is made of. */
const DEVELOPERS_OWN = [
  /^(OS|STATSD|DIB|WATCHDOG)_/,
  /^(NODEPOOL_(CONFIG|LOG|PROGRAM)|NOTIFY_SOCKET)$/,
  /^XDG_(CONFIG_HOME|CONFIG_DIRS|RUNTIME_DIR)$/,
  /^(http|https|all|no)_proxy$/i,
  /^((REQUESTS|CURL)_CA_BUNDLE|SSL_CERT_(FILE|DIR))$/,
  /^(COLUMNS|LINES|PAGER|LESS|LESSCHARSET)$/,
];

// No proxy of this machine's leads this process to the servers that tests start on it, with or without scripts/test.
Deno.env.set(
  "no_proxy",
  `localhost,127.0.0.1,::1,${Deno.env.get("no_proxy") ?? Deno.env.get("NO_PROXY") ?? ""}`,
);
