/** A publisher of Debian's libzmq in a process of its own: `publisher.py` says what it can do. */
import { fileURLToPath } from "node:url";
import { pythonWith } from "../../needs.ts";
import { freePort } from "../../ssh/openssh_server.ts";

const PROGRAM = fileURLToPath(new URL("publisher.py", import.meta.url));

export class LibzmqPublisher implements AsyncDisposable {
  readonly endpoint: string;
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;
  #unread = "";

  private constructor(endpoint: string, args: readonly string[]) {
    this.endpoint = endpoint;
    this.#process = new Deno.Command(pythonWith("zmq")!, {
      args: [PROGRAM, endpoint, ...args],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#output = this.#process.stdout.getReader();
  }

  /** Started and bound. */
  static async start(
    { endpoint = `tcp://127.0.0.1:${freePort()}`, type = "XPUB", heartbeat = 0 } = {},
  ): Promise<LibzmqPublisher> {
    const publisher = new LibzmqPublisher(endpoint, [type, String(heartbeat)]);
    await publisher.tells("bound");
    return publisher;
  }

  get port(): number {
    return Number(this.endpoint.split(":").at(-1));
  }

  async do(...words: (string | number)[]): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${JSON.stringify(words)}\n`));
  }

  /** Resolves when it prints that line, whatever it prints before. */
  async tells(line: string): Promise<void> {
    for (;;) {
      const lines = this.#unread.split("\n");
      const index = lines.indexOf(line);
      if (index >= 0) {
        this.#unread = lines.slice(index + 1).join("\n");
        return;
      }
      const { value, done } = await this.#output.read();
      if (done) throw new Error(`the publisher ended without telling ${line}`);
      this.#unread += new TextDecoder().decode(value);
    }
  }

  /** Lets it neither read nor write, while the system goes on taking connections for it. */
  freeze(): void {
    this.#process.kill("SIGSTOP");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#input.close().catch(() => {});
    await this.#output.cancel();
    await this.#process.status;
  }
}
