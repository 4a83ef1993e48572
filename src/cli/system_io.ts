/** The process itself as the commands' surroundings. Only `mod.ts` uses it. */
import { systemClock } from "../lib/clock.ts";
import { orAborted } from "../lib/or_aborted.ts";
import { systemRandom } from "../lib/random.ts";
import { systemAccount, systemHome } from "../lib/system_account.ts";
import { writeWhole } from "../lib/write_whole.ts";
import { InterruptedError } from "./cli_error.ts";
import type { CliIo, CliOutput, Interrupts } from "./cli_io.ts";
import { isScreen } from "./state_colors.ts";

export const systemIo: CliIo = {
  stdout: outputTo(Deno.stdout, (cause) => {
    throw cause instanceof Deno.errors.BrokenPipe ? cause : new Error("cannot write the output", { cause });
  }),
  // What cannot be said is lost: what the command does, and its exit code, do not depend on that.
  stderr: outputTo(Deno.stderr, () => {}),
  clock: systemClock,
  random: systemRandom,
  env: (name) => Deno.env.get(name),
  page: pageOnTerminal,
  ssh: runSsh,
  isInteractive: () => Deno.stdin.isTerminal() && Deno.stderr.isTerminal(),
  ask: askOnTerminal,
  account: () => systemAccount()?.username ?? null,
  folder: workingFolder,
  home: systemHome,
  interrupts: interruptsOfProcess,
  onResize: (listener) => listening(["SIGWINCH"], listener),
};

function workingFolder(): string | null {
  try {
    return Deno.cwd();
  } catch {
    return null;
  }
}

function outputTo(stream: typeof Deno.stdout, onFailure: (error: unknown) => void): CliOutput {
  return {
    write(text) {
      try {
        writeWhole(stream, text);
      } catch (error) {
        onFailure(error);
      }
    },
    get columns() {
      return stream.isTerminal() ? sizeOf("COLUMNS", ({ columns }) => columns) ?? 80 : null;
    },
    get rows() {
      return stream.isTerminal() ? sizeOf("LINES", ({ rows }) => rows) : null;
    },
  };
}

/** As the variable says, else as the terminal does; null: it does not know, as some of containers and robots do. */
function sizeOf(
  variable: string,
  size: (size: ReturnType<typeof Deno.consoleSize>) => number,
): number | null {
  const given = Deno.env.get(variable) ?? "";
  if (/^[1-9]\d{0,4}$/.test(given)) return Number(given);
  try {
    return size(Deno.consoleSize()) || null;
  } catch {
    return null;
  }
}

/** Typed after the last line that was asked for. */
let typed = "";

async function askOnTerminal(prompt: string, { signal }: { signal: AbortSignal }): Promise<string | null> {
  systemIo.stderr.write(prompt);
  signal.throwIfAborted();
  return await orAborted(readLine(), signal);
}

async function readLine(): Promise<string | null> {
  const buffer = new Uint8Array(4096);
  const decoder = new TextDecoder();
  while (!typed.includes("\n")) {
    const count = await Deno.stdin.read(buffer);
    if (count === null) return null;
    typed += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  const end = typed.indexOf("\n");
  const line = typed.slice(0, end);
  typed = typed.slice(end + 1);
  return line;
}

/**
 * As git does it: less passes colours on and ends by itself where all fits; LESS and PAGER say otherwise. The text is UTF-8,
 * whatever the locale says. A PAGER that is no command of a shell is as one that is not there.
 */
const PAGER = `
case $PAGER in *[![:space:]]*) ;; *) PAGER=less; command -v less >/dev/null || exit 127 ;; esac
: "\${LESS=FRX}" "\${LESSCHARSET=utf-8}"; export LESS LESSCHARSET
/bin/sh -nc "$PAGER" || exit 127
eval "$PAGER"`;
/** The exit codes of a shell for a program that cannot be run, or does not exist. */
const NOT_RUN = [126, 127];

async function pageOnTerminal(text: string): Promise<void> {
  const isShort = text.split("\n").length <= (systemIo.stdout.rows ?? 0);
  if (isShort || !isScreen(systemIo.stdout, systemIo)) return systemIo.stdout.write(text);
  // Ctrl-C is the pager's.
  using _interrupts = listening(SIGNALS, () => {});
  const pager = new Deno.Command("/bin/sh", { args: ["-c", PAGER], stdin: "piped" }).spawn();
  await new Response(text).body!.pipeTo(pager.stdin).catch(() => {}); // who has seen enough reads no further
  if (NOT_RUN.includes((await pager.status).code)) systemIo.stdout.write(text);
}

/** A command gets a terminal where this process has one, as a shell does in any case. */
const SSH = `
command -v ssh >/dev/null || { echo "nodepool: cannot find ssh: install OpenSSH's client" >&2; exit 127; }
if [ -t 0 ] && [ -t 1 ]; then exec ssh -t "$@"; else exec ssh "$@"; fi`;

/** A terminal's signals reach it by themselves; those that this process alone gets are passed on. */
async function runSsh(args: readonly string[]): Promise<number> {
  let child: Deno.ChildProcess | null = null;
  const end = () => {
    try {
      child?.kill("SIGTERM");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
  };
  // Before it is there: what it needs is removed after its end, and a signal in between must not keep that from happening.
  using _signals = listening([...SIGNALS, "SIGHUP"], (signal) => signal === "SIGINT" || end());
  child = new Deno.Command("/bin/sh", { args: ["-c", SSH, "ssh", ...args], stdin: "inherit" }).spawn();
  return (await child.status).code;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

function interruptsOfProcess(): Interrupts {
  const controller = new AbortController();
  const listeners = listening(SIGNALS, (signal) => {
    // The terminal has shown `^C`, and what comes next begins on a line of its own.
    if (signal === "SIGINT" && systemIo.stderr.columns !== null) systemIo.stderr.write("\n");
    if (!controller.signal.aborted) return controller.abort(new InterruptedError("interrupted"));
    // The first of two may come twice: from the terminal, and from a program that passes it on.
    listeners[Symbol.dispose]();
    systemIo.stderr.write("nodepool: still ending; the next interrupt ends it at once\n");
  });
  return { signal: controller.signal, [Symbol.dispose]: () => listeners[Symbol.dispose]() };
}

function listening(signals: readonly Deno.Signal[], listener: (signal: Deno.Signal) => void): Disposable {
  const listeners = signals.map((signal) => [signal, () => listener(signal)] as const);
  for (const [signal, handle] of listeners) Deno.addSignalListener(signal, handle);
  return {
    [Symbol.dispose]() {
      for (const [signal, handle] of listeners) Deno.removeSignalListener(signal, handle);
    },
  };
}
