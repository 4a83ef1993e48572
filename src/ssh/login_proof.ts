/**
 * The proof that a command of ours ran on a server: a word that is assembled only by running it. An exit code proves
 * nothing: a key may be tied to another command, which may well end with 0. Pure; every login goes through it.
 */
import type { Random } from "../lib/random.ts";
import { OutputTail } from "../lib/output_tail.ts";
import { type CommandResult, LoginError } from "./shell.ts";

/** The longest part of the server's own output that a message shows. */
const SHOWN = 300;

export class LoginProof {
  readonly #halves: readonly [string, string];
  readonly #heard = new OutputTail();
  #isThere = false;

  constructor(random: Random) {
    const half = () => random.uuid().replaceAll("-", "");
    this.#halves = [half(), half()];
  }

  /**
   * The script to run: the word, then a command. The word's halves are swapped in the script, so that whatever prints
   * the script, with its blanks gone or replaced, does not print the word.
   */
  script(command = ":"): string {
    const [first, second] = this.#halves;
    return `set -- ${second} ${first}; printf '%s-%s\\n' $2 $1\n${command}`;
  }

  /**
   * The word that a script of `script` is to print, and the command behind it; null for any other script. For
   * simulated servers.
   */
  static read(script: string): { readonly word: string; readonly command: string } | null {
    const found = /^set -- (\w+) (\w+); printf '%s-%s\\n' \$2 \$1\n([^]*)$/.exec(script);
    return found === null ? null : { word: `${found[2]}-${found[1]}`, command: found[3]! };
  }

  /** Takes the server's output, until the word has come. */
  hear(chunk: Uint8Array): void {
    if (this.#isThere) return;
    this.#heard.add(chunk);
    this.#isThere = this.#heard.text().includes(this.#word);
  }

  /** The command's own result. @throws LoginError `account` where the word has not come */
  check({ exitCode, output }: CommandResult, { where }: { where: string }): CommandResult {
    const at = output.indexOf(this.#word);
    if (at >= 0) return { exitCode, output: output.slice(at + this.#word.length).replace(/^\r?\n/, "") };
    // So much followed that the word is not among what is kept.
    if (this.#isThere) return { exitCode, output };
    throw otherCommand({ where, heard: output, ended: `exit code ${exitCode}` });
  }

  /** The meaning of a failure before the word came: with other output, that this is not the user. */
  explain(error: unknown, { where }: { where: string }): unknown {
    const heard = this.#heard.text();
    if (!(error instanceof LoginError) || error.failure === "account") return error;
    if (this.#isThere || heard.trim() === "") return error;
    return otherCommand({ where, heard, ended: error.message.replace(`${where}: `, ""), cause: error });
  }

  get #word(): string {
    return this.#halves.join("-");
  }
}

/** The server let the key in, and did something else than what it was asked to. */
function otherCommand(
  { where, heard, ended, cause }: { where: string; heard: string; ended: string; cause?: unknown },
): LoginError {
  const said = heard.replace(/\s+/g, " ").trim().slice(0, SHOWN);
  const message = `${where}: the server accepted the key but did not run nodepool's command (${ended}); ` +
    `check that username is the image's user for logins. It printed${said === "" ? " nothing" : `: ${said}`}`;
  return new LoginError("account", message, cause === undefined ? undefined : { cause });
}
