/**
 * The files that one reading of a configuration has read, or wanted to, and how each stood right before: whether they
 * have changed since is seen without reading them.
 */
import type { Environment } from "./environment.ts";

export class FilesRead {
  readonly #stamps = new Map<string, string>();
  /** The machine, as it is to be read. */
  readonly environment: Environment;

  constructor(machine: Environment) {
    this.environment = {
      ...machine,
      readFile: async (path, options) => {
        if (!this.#stamps.has(path)) this.#stamps.set(path, await stampOf(path));
        return await machine.readFile(path, options);
      },
    };
  }

  /** Of all of them, as they were. */
  get stamp(): string {
    return join(this.#stamps);
  }

  /** Of the same files as they are now. */
  async stampNow(): Promise<string> {
    const paths = [...this.#stamps.keys()];
    return join(await Promise.all(paths.map(async (path) => [path, await stampOf(path)] as const)));
  }
}

/** In the order of their paths: what is read at the same time comes in any. */
function join(stamps: Iterable<readonly [path: string, stamp: string]>): string {
  return [...stamps].map((pair) => pair.join(" ")).sort().join("\n");
}

async function stampOf(path: string): Promise<string> {
  const stat = await Deno.stat(path).catch(() => null);
  return stat === null ? "none" : `${stat.mtime?.getTime()} ${stat.size} ${stat.ino}`;
}
