/** Private keys, read from their files and kept for a moment: a wave of logins reads each file once. */
import { seeManual } from "../domain/see_manual.ts";
import { SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { readLoginKey } from "../lib/ssh_key/read_login_key.ts";
import { LoginError } from "../ssh/shell.ts";

const KEPT_FOR = 10 * SECOND;

export class PrivateKeys {
  readonly #kept = new Map<string, { readonly readAt: number; readonly key: Promise<string> }>();
  readonly #clock: Clock;
  readonly #readFile: (path: string) => Promise<string>;

  constructor({ clock, readFile }: { clock: Clock; readFile: (path: string) => Promise<string> }) {
    this.#clock = clock;
    this.#readFile = readFile;
  }

  /** As the SSH client reads it. @throws LoginError of kind `auth` where the file is no key that can be used */
  async read(path: string): Promise<string> {
    const kept = this.#kept.get(path);
    if (kept !== undefined && this.#clock.now() - kept.readAt < KEPT_FOR) return await kept.key;
    const key = this.#read(path);
    this.#kept.set(path, { readAt: this.#clock.now(), key });
    try {
      return await key;
    } catch (error) {
      // What is put right is to be noticed at once.
      if (this.#kept.get(path)?.key === key) this.#kept.delete(path);
      throw error;
    }
  }

  async #read(path: string): Promise<string> {
    const text = await this.#readFile(path).catch((cause) => {
      throw new LoginError(
        "auth",
        `cannot read the private key ${path}; check the image's private-key (${seeManual("login")})`,
        {
          cause,
        },
      );
    });
    const read = readLoginKey(text, path);
    if ("key" in read) return read.key;
    throw new LoginError("auth", `the private key ${path} ${read.problem}; ${seeManual("login")}`);
  }
}
