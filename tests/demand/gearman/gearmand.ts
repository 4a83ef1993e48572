/** Debian's own Gearman server for tests: on a loopback port, with nothing kept. */
import { PATIENCE } from "../../eventually.ts";
import { freePort } from "../../ssh/openssh_server.ts";

const GEARMAND = "/usr/sbin/gearmand";

export class Gearmand implements AsyncDisposable {
  readonly host = "127.0.0.1";
  #process: Deno.ChildProcess | null = null;

  private constructor(readonly port: number) {}

  /** Started, and taking connections. */
  static async start(): Promise<Gearmand> {
    for (let attempt = 0; attempt < 10; attempt++) {
      const server = new Gearmand(freePort());
      if (await server.run()) return server;
    }
    throw new Error("gearmand does not start");
  }

  /** Starts it (again) on its port. @returns whether it takes connections; not where somebody else has the port */
  async run(): Promise<boolean> {
    const process = new Deno.Command(GEARMAND, {
      args: ["--listen", this.host, "--port", String(this.port), "--log-file", "none", "--threads", "1"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    let ended = false;
    process.status.then(() => ended = true);
    const deadline = performance.now() + PATIENCE;
    while (!ended && performance.now() < deadline) {
      const connection = await Deno.connect({ hostname: this.host, port: this.port }).catch(() => null);
      connection?.close();
      if (connection !== null && !ended) {
        this.#process = process;
        return true;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (!ended) process.kill("SIGKILL");
    await process.status;
    return false;
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    const process = this.#process;
    this.#process = null;
    process?.kill("SIGKILL");
    await process?.status;
  }

  /** Lets it neither read nor write, while the system goes on taking connections for it. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
