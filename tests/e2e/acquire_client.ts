/** A client that acquires nodes as a process, and the pool that it asks: what the tests of both their ends stand on. */
import { oneCloudConfig } from "./one_cloud_config.ts";
import { withoutWaits } from "./program.ts";
import type { RunningPool } from "./running_pool.ts";

/** One label, up to 16 nodes. */
export const configOf = (minReady: number) => oneCloudConfig({ labels: { small: minReady }, maxServers: 16 });

/** A running `acquire -o json`. */
export class AcquireClient {
  stdout = "";
  stderr = "";
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<unknown>;

  constructor(pool: RunningPool, ...options: string[]) {
    this.#child = pool.spawn("acquire", "small", "-o", "json", ...options);
    this.#read = Promise.all([
      this.#collect(this.#child.stdout, (text) => this.stdout += text),
      this.#collect(this.#child.stderr, (text) => this.stderr += text),
    ]);
  }

  /** One that has ended is left alone. */
  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** @returns its exit code */
  async ended(): Promise<number> {
    await this.#read;
    return (await this.#child.status).code;
  }

  /** Its standard error, without what it says of its wait. */
  get complaints(): string {
    return withoutWaits(this.stderr);
  }

  /** The nodes that it has printed. */
  get ids(): readonly number[] {
    if (this.stdout === "") return [];
    const { nodes }: { nodes: readonly { readonly id: number }[] } = JSON.parse(this.stdout);
    return nodes.map(({ id }) => id).sort((a, b) => a - b);
  }

  async #collect(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) add(text);
  }
}

/** Requests by state. */
export async function requests(pool: RunningPool): Promise<readonly string[]> {
  await using daemon = await pool.connect();
  const list = await daemon?.ask("request-list", {}).catch(() => null);
  return list?.requests.map(({ state }) => state) ?? ["no answer"];
}

/** Whether a daemon answers. */
export async function isUp(pool: RunningPool): Promise<boolean> {
  await using daemon = await pool.connect();
  return daemon !== null;
}
