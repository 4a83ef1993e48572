/**
 * One file that lines are appended to. It is opened again when another file, or none, is in its place (logrotate has
 * moved it), so that no line is lost: what cannot be opened leaves the one before in use. Lines that cannot be written
 * (a full disk) are counted, and the count is written once there is room. `LogOutputs` has one for each file of a plan.
 */
import { fileReason } from "./file_reason.ts";

interface LogPlace {
  readonly file: string;
  readonly mode: number;
  /** Whether it is emptied when it is opened first. */
  readonly truncate: boolean;
}

/** Why lines are missing from the log. */
interface Loss {
  readonly reason: string;
  lines: number;
  /** Whether the last line was written in part. */
  isTorn: boolean;
}

const NO_FOLDER = "there is no such directory; create it, or name another file";

const encoder = new TextEncoder();

export class LogFile implements Disposable {
  readonly #place: LogPlace;
  readonly #tellLoss: (lines: number, reason: string) => string;
  #file: Deno.FsFile;
  #loss: Loss | null = null;
  #reopenFailure: string | null = null;

  /** @param tellLoss the line that says how many others could not be written @throws Error that says where, why, what to do */
  constructor(place: LogPlace, tellLoss: (lines: number, reason: string) => string) {
    this.#place = place;
    this.#tellLoss = tellLoss;
    try {
      if (place.truncate) {
        Deno.openSync(place.file, { write: true, truncate: true, create: true, mode: place.mode }).close();
      }
      this.#file = open(place);
    } catch (error) {
      throw new Error(`cannot write the log ${place.file}: ${fileReason(error, NO_FOLDER)}`);
    }
  }

  /** Why lines do not reach their place now, for people; null: they do. */
  get problem(): string | null {
    const { file } = this.#place;
    if (this.#loss !== null) {
      return `cannot write the log ${file}: ${this.#loss.reason}; ${this.#loss.lines} lines are missing from it`;
    }
    return this.#reopenFailure;
  }

  /** Whatever cannot be written must not stop the pool. */
  write(line: string): void {
    const before = this.#loss;
    const torn = before?.isTorn ? "\n" : "";
    const told = before === null || before.lines === 0 ? "" : this.#tellLoss(before.lines, before.reason);
    const bytes = encoder.encode(torn + told + line);
    let written = 0;
    try {
      while (written < bytes.length) written += this.#file.writeSync(bytes.subarray(written));
      this.#loss = null;
    } catch (error) {
      this.#loss = {
        reason: fileReason(error, NO_FOLDER),
        lines: (before?.lines ?? 0) + 1,
        isTorn: written > 0 || (before?.isTorn ?? false),
      };
    }
  }

  /** Opens what is in its place now, where that is another file or none. */
  reopen(): void {
    this.#reopenFailure = null;
    try {
      if (this.#isInPlace()) return;
      const next = open(this.#place);
      this.#file.close();
      this.#file = next;
    } catch (error) {
      const why = fileReason(error, NO_FOLDER);
      this.#reopenFailure =
        `cannot open the log ${this.#place.file} again: ${why}; lines go on to the file that was moved`;
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  #isInPlace(): boolean {
    const own = this.#file.statSync();
    try {
      const { dev, ino } = Deno.statSync(this.#place.file);
      return dev === own.dev && ino === own.ino;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }
}

function open({ file, mode }: LogPlace): Deno.FsFile {
  return Deno.openSync(file, { append: true, create: true, mode });
}
