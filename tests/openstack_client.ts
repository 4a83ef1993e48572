/**
 * Debian's `openstack` command in a process that runs one after the other: to start it for each takes ten times as
 * long as what it then does. Commands that are asked for at once wait for each other.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { pythonWith } from "./needs.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const SCRIPT = fileURLToPath(new URL("openstack_client.py", import.meta.url));

export class OpenstackClient implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #commands: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: AsyncIterator<string>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(env: Readonly<Record<string, string>>) {
    const python = pythonWith("openstackclient");
    assert.ok(python !== null, "no Python here has the `openstack` command");
    this.#process = new Deno.Command(python, { args: [SCRIPT], env, stdin: "piped", stdout: "piped" })
      .spawn();
    this.#commands = this.#process.stdin.getWriter();
    this.#answers = linesOf(this.#process.stdout);
  }

  /** @param env set for this command and all later ones */
  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const outcome = this.#last.then(() => this.#ask({ args, env }));
    this.#last = outcome.catch(() => {});
    return outcome;
  }

  /** What a command that must succeed prints, as JSON. */
  async json(...args: string[]) {
    const { code, stdout, stderr } = await this.run([...args, "-f", "json"]);
    assert.equal(code, 0, `openstack ${args.join(" ")}: ${stderr}`);
    return JSON.parse(stdout);
  }

  async #ask(command: { args: readonly string[]; env: Readonly<Record<string, string>> }): Promise<Outcome> {
    await this.#commands.write(new TextEncoder().encode(`${JSON.stringify(command)}\n`));
    const { value, done } = await this.#answers.next();
    assert.ok(!done, `openstack ${command.args.join(" ")}: its process ended`);
    return JSON.parse(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#commands.close().catch(() => {});
    await this.#answers.return?.();
    await this.#process.status;
  }
}

async function* linesOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
