/**
 * Runs a program that starts others of its own. One permission, to run /usr/bin/setsid, is all it takes, since the
 * supervisor that this starts runs everything else.
 */
import { type Milliseconds, SECOND } from "../domain/time.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { inheritedEnvironment } from "./build_environment.ts";
import { SUPERVISOR } from "./supervisor.ts";
import { isAbsolute, join } from "node:path";

interface CommandOptions {
  readonly args: readonly string[];
  /** Added to what is inherited of this process's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** From the order to end to its enforcement; whole seconds. */
  readonly grace?: Milliseconds | undefined;
}

/** Disposing of it ends it. */
export interface RunningCommand extends AsyncDisposable {
  /** Both outputs, merged as they come; it is to be read or cancelled, as a program whose output nobody takes waits. */
  readonly output: ReadableStream<Uint8Array>;
  /** Resolves when everything has ended: to the program's own code, 128 + N where signal N ended it. */
  readonly exitCode: Promise<number>;
  /** Asks everything to end, and sees to it that it does. */
  end(): void;
}

const SETSID = "/usr/bin/setsid";

/** After the end, how long to wait for the output of what has left the session and holds it open. */
const OUTPUT_LAG: Milliseconds = 1 * SECOND;

/** Deno starts nothing with these in its environment unless it may run everything; the supervisor sets them. */
const LOADER = /^(LD|DYLD)_/;

/**
 * Starts a program as the head of a session of its own. When it ends, or `end` is called, or this process is gone,
 * however that came, everything that still runs in the session is ended.
 * @param program its name, which is looked for in the environment's PATH
 * @throws Deno.errors.NotFound, Deno.errors.PermissionDenied where it cannot be run; the message says why
 */
export async function startCommand(
  program: string,
  { args, environment, grace = 20 * SECOND }: CommandOptions,
): Promise<RunningCommand> {
  const all = { ...inheritedEnvironment(Deno.env.toObject()), ...environment };
  const file = await findProgram(program, all.PATH ?? "");
  const isLoader = ([name]: [string, string]) => LOADER.test(name);
  const loader = Object.entries(all).filter(isLoader).map(([name, value]) => `${name}=${value}`);
  const seconds = String(Math.ceil(grace / SECOND));
  const child = new Deno.Command(SETSID, {
    args: ["--wait", "/bin/sh", "-c", SUPERVISOR, "supervisor", seconds, ...loader, file, ...args],
    clearEnv: true,
    env: Object.fromEntries(Object.entries(all).filter((entry) => !isLoader(entry))),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  return supervised(child, systemClock);
}

function supervised(child: Deno.ChildProcess, clock: Clock): RunningCommand {
  let ending: Promise<void> | null = null;
  const exitCode = child.status.then(async ({ code }) => {
    await ending;
    await child.stdin.close().catch(() => {});
    return code;
  });
  const output = endingWith(child.stdout, { end: exitCode, clock });
  /** There may be nobody to take it any more. */
  const order = async () => {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("end\n")).catch(() => {});
    writer.releaseLock();
  };
  const end = () => void (ending ??= order());
  return {
    output,
    exitCode,
    end,
    async [Symbol.asyncDispose]() {
      end();
      if (!output.locked) await output.cancel();
      await exitCode;
    },
  };
}

/** The stream, cut off some time after the end where it is held open. */
function endingWith(
  source: ReadableStream<Uint8Array>,
  { end, clock }: { end: Promise<unknown>; clock: Clock },
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  const over = new AbortController();
  end.then(() => clock.sleep(OUTPUT_LAG, { signal: over.signal }))
    .then(() => reader.cancel())
    .catch(() => {});
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(value);
      over.abort();
      controller.close();
    },
    async cancel() {
      over.abort();
      await reader.cancel();
    },
  }, { highWaterMark: 0 });
}

/**
 * Finds a program before it is started, so that its absence is not taken for its failure.
 * @param path the folders to look in, as in PATH
 * @returns its absolute path
 * @throws Deno.errors.NotFound, Deno.errors.PermissionDenied without a program of that name, or one that can be run
 */
async function findProgram(name: string, path: string): Promise<string> {
  let refusal: Error = new Deno.errors.NotFound(`program ${name} not found in ${path || "an empty PATH"}`);
  for (const folder of path.split(":").filter(isAbsolute)) {
    const file = join(folder, name);
    const problem = await problemOf(file);
    if (problem === null) return file;
    if (problem instanceof Deno.errors.PermissionDenied) refusal = problem;
  }
  throw refusal;
}

async function problemOf(file: string): Promise<Error | null> {
  const facts = await Deno.stat(file).catch(() => null);
  if (facts?.isFile !== true) return new Deno.errors.NotFound(`${file} not found`);
  if ((facts.mode! & 0o111) === 0) return new Deno.errors.PermissionDenied(`${file} is not executable`);
  const interpreter = await interpreterOf(file);
  if (interpreter === null || await Deno.stat(interpreter).then(() => true, () => false)) return null;
  return new Deno.errors.PermissionDenied(`${file} needs ${interpreter}, which does not exist`);
}

/**
 * The interpreter in a script's first line; null: it is no script, or cannot be read (which running it may not need).
 */
async function interpreterOf(file: string): Promise<string | null> {
  const start = new Uint8Array(256);
  try {
    using opened = await Deno.open(file);
    await opened.read(start);
  } catch {
    return null;
  }
  return new TextDecoder().decode(start).match(/^#!\s*(\/[^\s\0]+)/)?.[1] ?? null;
}
