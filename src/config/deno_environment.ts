/** The machine that the program runs on, as the configuration loader sees it. */
import { Buffer } from "node:buffer";
import { systemHome } from "../lib/system_account.ts";
import type { Environment } from "./environment.ts";

export const denoEnvironment: Environment = {
  /** Bounded, so that a path like /dev/zero ends too. */
  async readFile(path, { limit, signal }) {
    // Deno lets nobody open its own standard input.
    using opened = path === "/dev/stdin" ? null : await Deno.open(path, { read: true });
    const file = opened ?? Deno.stdin;
    const chunks: Uint8Array[] = [];
    let size = 0;
    while (size < limit) {
      signal?.throwIfAborted();
      const chunk = new Uint8Array(Math.min(65_536, limit - size));
      const count = await file.read(chunk);
      if (count === null) break;
      chunks.push(chunk.subarray(0, count));
      size += count;
    }
    return Buffer.concat(chunks, size);
  },
  async stat(path) {
    try {
      const { isFile, mode } = await Deno.stat(path);
      return { isFile, mode };
    } catch {
      return null;
    }
  },
  env: (name) => Deno.env.get(name),
  envWithPrefix: (prefix) =>
    Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => name.startsWith(prefix))),
  home: systemHome,
  cwd: () => Deno.cwd(),
};

const DEFAULT_SECURE_PATH = "/etc/nodepool/secure.conf";

/** The secrets file that is read where nobody names one; null: it does not exist. */
export async function defaultSecurePath({ stat }: Pick<Environment, "stat"> = denoEnvironment) {
  return (await stat(DEFAULT_SECURE_PATH))?.isFile ? DEFAULT_SECURE_PATH : null;
}
