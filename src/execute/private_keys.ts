/** Private keys, read from their files and kept for a moment: a wave of logins reads each file once. */
import { SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { LoginError } from "../ssh/shell.ts";

const KEPT_FOR = 10 * SECOND;

export class PrivateKeys {
  readonly #kept = new Map<string, { readonly readAt: number; readonly text: Promise<string> }>();
  readonly #clock: Clock;
  readonly #readFile: (path: string) => Promise<string>;

  constructor({ clock, readFile }: { clock: Clock; readFile: (path: string) => Promise<string> }) {
    this.#clock = clock;
    this.#readFile = readFile;
  }

  /** @throws LoginError of kind `auth` where the file cannot be read */
  read(path: string): Promise<string> {
    const kept = this.#kept.get(path);
    if (kept !== undefined && this.#clock.now() - kept.readAt < KEPT_FOR) return kept.text;
    const text = this.#readFile(path).catch((cause) => {
      throw new LoginError("auth", `cannot read the private key ${path}; check the image's private-key`, {
        cause,
      });
    });
    this.#kept.set(path, { readAt: this.#clock.now(), text });
    return text;
  }
}
