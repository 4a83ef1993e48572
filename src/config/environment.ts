/** The machine as loading a configuration needs it, as a port: tests give files and variables of their own. */

export interface Environment {
  /**
   * A file's bytes, at most `limit` of them.
   * @throws what the machine says: `Deno.errors.NotFound`, `Deno.errors.PermissionDenied`, …
   */
  readFile(path: string, options: { limit: number; signal?: AbortSignal }): Promise<Uint8Array>;
  /** Null where nothing is there, or where it cannot be seen. */
  stat(path: string, options?: { signal?: AbortSignal }): Promise<FileFacts | null>;
  /** An environment variable; undefined where it is not set. */
  env(name: string): string | undefined;
  /** Every environment variable whose name begins so. */
  envWithPrefix(prefix: string): Readonly<Record<string, string>>;
  /** The user's home directory. */
  home(): string;
  /** The working directory. */
  cwd(): string;
}

interface FileFacts {
  readonly isFile: boolean;
  /** Unix permission bits; null where the system has none. */
  readonly mode: number | null;
}

/** `~` and `~/…` become the home directory; other paths stay. */
export function expandHome(path: string, { home }: Pick<Environment, "home">): string {
  return path === "~" || path.startsWith("~/") ? `${home()}${path.slice(1)}` : path;
}
