/**
 * One shell into which the README's commands are pasted: plain text on its open standard input, from which the commands
 * read, too. It has `nodepool` on its path, an empty home, and free ports instead of the README's; nothing else that
 * the text has not told its reader to make.
 */
import { shellQuote } from "../../src/lib/shell_quote.ts";
import { programCommand } from "../e2e/program.ts";
import { PATIENCE } from "../eventually.ts";

export class ReadmeShell implements AsyncDisposable {
  readonly folder: string;
  /** The port here for each of the README's. */
  readonly ports: ReadonlyMap<number, number>;
  readonly #bash: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #output: ReadableStreamDefaultReader<string>;
  readonly #own: Readonly<Record<string, string>>;
  #pastes = 0;

  /** @param own what stands here in place of the README's, besides ports */
  static async start(
    ports: readonly number[],
    own: (ports: ReadonlyMap<number, number>) => Readonly<Record<string, string>> = () => ({}),
  ): Promise<ReadmeShell> {
    const folder = await Deno.makeTempDir({ prefix: "nodepool-readme-" });
    for (const name of ["bin", "home"]) await Deno.mkdir(`${folder}/${name}`);
    const program = programCommand([]).map(shellQuote).join(" ");
    await Deno.writeTextFile(`${folder}/bin/nodepool`, `#!/bin/sh\nexec ${program} "$@"\n`, { mode: 0o755 });
    const free = new Map(freePorts(ports));
    return new ReadmeShell(folder, { ports: free, own: own(free) });
  }

  private constructor(
    folder: string,
    { ports, own }: { ports: ReadonlyMap<number, number>; own: Readonly<Record<string, string>> },
  ) {
    this.folder = folder;
    this.ports = ports;
    this.#own = own;
    this.#bash = new Deno.Command("sh", {
      args: ["-c", "exec bash --norc 2>&1"],
      cwd: `${folder}/home`,
      clearEnv: true,
      env: {
        PATH: `${folder}/bin:${Deno.env.get("PATH")}`,
        HOME: `${folder}/home`,
        ...(Deno.env.has("DENO_DIR") ? { DENO_DIR: Deno.env.get("DENO_DIR")! } : {}),
      },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#bash.stdin.getWriter();
    this.#output = this.#bash.stdout.pipeThrough(new TextDecoderStream()).getReader();
    // As where people paste: `!` begins a word of the history. Whatever happens, the background jobs end with the shell.
    this.#send("set -o history -o histexpand\ntrap 'kill -9 $(jobs -p) 2>/dev/null' EXIT\n");
    this.#send(`trap 'printf "%s: %s\\n" $? "$BASH_COMMAND" >>${shellQuote(this.#failures)}' ERR\n`);
  }

  /** All that is printed. @throws Error where a command fails, or reads what is pasted after it */
  async paste(text: string): Promise<string> {
    const mark = `end of paste ${++this.#pastes}`;
    this.#send(`${this.#asHere(text)}\necho; echo 'end of' 'paste' ${this.#pastes}\n`);
    const printed = await this.#readTo(`\n${mark}\n`, text);
    const failed = await Deno.readTextFile(this.#failures).catch(() => "");
    if (failed === "") return printed;
    throw new Error(`failed in\n${text}\nwith exit code ${failed}\n${printed}\n${await this.log()}`);
  }

  /** The end of the daemon's log. */
  async log(): Promise<string> {
    const [path] = (await Array.fromAsync(walk(this.folder))).filter((file) => file.endsWith("/daemon.log"));
    return path === undefined ? "" : (await Deno.readTextFile(path)).slice(-3_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {});
    while (!(await this.#output.read()).done);
    await this.#bash.status;
    await Deno.remove(this.folder, { recursive: true });
  }

  get #failures(): string {
    return `${this.folder}/failures`;
  }

  async #readTo(end: string, text: string): Promise<string> {
    // Whoever waits for more input gets an end of it.
    const over = setTimeout(() => this.#input.close().catch(() => {}), PATIENCE);
    try {
      for (let printed = "";;) {
        const at = printed.indexOf(end);
        if (at >= 0) return printed.slice(0, at);
        const { done, value } = await this.#output.read();
        if (done) {
          throw new Error(`a command ended the shell or read what follows it in\n${text}\n${printed}`);
        }
        printed += value;
      }
    } finally {
      clearTimeout(over);
    }
  }

  #asHere(text: string): string {
    const withPorts = [...this.ports].reduce(
      (changed, [port, free]) => changed.replaceAll(new RegExp(`\\b${port}\\b`, "g"), `${free}`),
      text,
    );
    return Object.entries(this.#own).reduce(
      (changed, [theirs, ours]) => changed.replace(theirs, ours),
      withPorts,
    );
  }

  #send(text: string): void {
    // A shell that has ended is noticed where its output is read.
    this.#input.write(new TextEncoder().encode(text)).catch(() => {});
  }
}

async function* walk(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* walk(`${folder}/${name}`);
    else yield `${folder}/${name}`;
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
