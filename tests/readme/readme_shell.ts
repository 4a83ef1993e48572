/**
 * One shell in which the README's commands are run as if somebody pasted them: in a folder, a home and a configuration
 * folder of their own, with free ports instead of the README's. A command that fails ends the shell.
 */
import { shellQuote } from "../../src/lib/shell_quote.ts";
import { programCommand } from "../e2e/program.ts";

/** For commands whose end the shell waits for, in seconds. */
const LONGEST_COMMAND = 60;

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
}

export class ReadmeShell implements AsyncDisposable {
  readonly folder: string;
  /** The port here for each of the README's. */
  readonly ports: ReadonlyMap<number, number>;
  readonly #bash: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #answers: ReadableStreamDefaultReader<string>;
  #blocks = 0;

  static async start(ports: readonly number[]): Promise<ReadmeShell> {
    const folder = await Deno.makeTempDir({ prefix: "nodepool-readme-" });
    for (const name of ["bin", "etc/nodepool", "home/.config/openstack"]) {
      await Deno.mkdir(`${folder}/${name}`, { recursive: true });
    }
    await Deno.writeTextFile(`${folder}/bin/nodepool`, nodepoolScript(folder), { mode: 0o755 });
    return new ReadmeShell(folder, new Map(freePorts(ports)));
  }

  private constructor(folder: string, ports: ReadonlyMap<number, number>) {
    this.folder = folder;
    this.ports = ports;
    this.#bash = new Deno.Command("bash", {
      args: ["--norc"],
      cwd: folder,
      clearEnv: true,
      env: {
        PATH: `${folder}/bin:${Deno.env.get("PATH")}`,
        HOME: `${folder}/home`,
        USER: "maria",
        ...(Deno.env.has("DENO_DIR") ? { DENO_DIR: Deno.env.get("DENO_DIR")! } : {}),
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#bash.stdin.getWriter();
    this.#answers = this.#bash.stdout.pipeThrough(new TextDecoderStream()).getReader();
    // Whatever happens, the background jobs end with the shell.
    this.#send(`trap 'kill -9 $(jobs -p) 2>/dev/null' EXIT\n`);
  }

  /** Writes a file that the README shows, where the commands here look for it. */
  async write(file: string, text: string): Promise<void> {
    const path = file
      .replace(/^\/etc\/nodepool\//, `${this.folder}/etc/nodepool/`)
      .replace(/^\/etc\/openstack\//, `${this.folder}/home/.config/openstack/`);
    if (!path.startsWith(this.folder)) throw new Error(`there is no place for ${file} here`);
    await Deno.writeTextFile(path, text, { mode: 0o600 });
  }

  /** @throws Error with all that was printed, where a command fails */
  async run(script: string): Promise<Ran> {
    const block = `${this.folder}/block-${++this.#blocks}`;
    await Deno.writeTextFile(block, `set -e\n${this.#withFreePorts(script)}\nset +e\n`);
    const quoted = shellQuote(block);
    this.#send(`. ${quoted} >${quoted}.out 2>${quoted}.err </dev/null; echo done\n`);
    const { done } = await this.#answers.read();
    const stdout = await Deno.readTextFile(`${block}.out`);
    const stderr = await Deno.readTextFile(`${block}.err`);
    if (done) {
      throw new Error(`the shell ended in\n${script}\nwith\n${stdout}\n${stderr}\n${await this.log()}`);
    }
    return { stdout, stderr };
  }

  /** The end of the daemon's log. */
  async log(): Promise<string> {
    const text = await Deno.readTextFile(`${this.folder}/nodepool-try/daemon.log`).catch(() => "");
    return text.slice(-3_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {});
    while (!(await this.#answers.read()).done);
    await this.#bash.status;
    await Deno.remove(this.folder, { recursive: true });
  }

  #withFreePorts(script: string): string {
    const ports = [...this.ports];
    return ports.reduce(
      (text, [port, free]) => text.replaceAll(new RegExp(`\\b${port}\\b`, "g"), `${free}`),
      script,
    );
  }

  #send(text: string): void {
    // A shell that has ended is noticed where its answer is read.
    this.#input.write(new TextEncoder().encode(text)).catch(() => {});
  }
}

/** Nobody else had them a moment ago. */
function freePorts(ports: readonly number[]): [number, number][] {
  const listeners = ports.map(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const free = listeners.map((listener) => {
    using _ = listener;
    return (listener.addr as Deno.NetAddr).port;
  });
  return ports.map((port, index) => [port, free[index]!]);
}

/**
 * The program: the file that NODEPOOL_BINARY names, else the sources. /etc/nodepool is not ours to write to: where
 * no configuration is named, it is the one of the try-out, or before that the one shown first.
 */
function nodepoolScript(folder: string): string {
  const program = programCommand([]).map(shellQuote).join(" ");
  const own = shellQuote(folder);
  return `#!/bin/sh
case " $* " in
  *" -c "*) ;;
  *) [ -e ${own}/nodepool-try/nodepool.yaml ] && config=nodepool-try || config=etc/nodepool
     set -- -c ${own}/"$config/nodepool.yaml" "$@" ;;
esac
case " $* " in
  *" daemon "* | *" simulate "*) exec ${program} "$@" ;;
  *) exec timeout ${LONGEST_COMMAND} ${program} "$@" ;;
esac
`;
}
