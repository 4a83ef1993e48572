/** A job that was submitted and whose worker is waited for: what the server says of it, up to its one outcome. */
import { concatenated } from "../../lib/concatenated.ts";
import { GearmanError } from "./gearman_error.ts";
import { MAX_PACKET } from "./reader.ts";
import type { Packet } from "./packet.ts";

export class JobRun {
  /** The server's name for the job; null: it has not accepted it yet. */
  handle: string | null = null;
  /** Whether it is being taken back: the server then reports it as failed, which says nothing of a worker. */
  withdrawn = false;
  readonly #title: string;
  readonly #outcome = Promise.withResolvers<Uint8Array>();
  /** The worker's answer, with the data it sent before; or a GearmanError. */
  readonly result = this.#outcome.promise;
  readonly #data: Uint8Array[] = [];
  #size = 0;
  #warning = "";

  /** @param title the function and the server, as messages are to begin */
  constructor(title: string) {
    this.#title = title;
    // A caller that stopped waiting need not hear of it.
    this.result.catch(() => {});
  }

  /** Takes a packet of this job's. @returns whether it was the last */
  take({ type, args: [, data = new Uint8Array()] }: Packet): boolean {
    switch (type) {
      case "WORK_DATA":
        this.#add(data);
        return false;
      case "WORK_WARNING":
        this.#warning = textOf(data);
        return false;
      case "WORK_COMPLETE":
        this.#add(data);
        this.#outcome.resolve(concatenated(this.#data));
        return true;
      case "WORK_EXCEPTION":
        this.fail(
          this.error("exception", `the worker threw an exception: ${textOf(data) || "no details given"}`),
        );
        return true;
      case "WORK_FAIL":
        if (this.withdrawn) return false;
        this.fail(this.error("failed", `the worker failed${this.#warning && `: ${this.#warning}`}`));
        return true;
      default:
        return false;
    }
  }

  /** Without effect once it has an outcome. */
  fail(error: Error): void {
    this.#outcome.reject(error);
  }

  error(kind: ConstructorParameters<typeof GearmanError>[0], what: string, cause?: unknown): GearmanError {
    return new GearmanError(kind, `${this.#title}: ${what}`, cause === undefined ? undefined : { cause });
  }

  #add(data: Uint8Array): void {
    this.#size += data.length;
    if (this.#size <= MAX_PACKET) this.#data.push(data);
    else this.fail(this.error("badAnswer", `the worker's response is longer than ${MAX_PACKET} bytes`));
  }
}

/** The most characters of a worker's own words in a message. */
const MAX_WORDS = 300;

function textOf(data: Uint8Array): string {
  return new TextDecoder().decode(data.subarray(0, MAX_WORDS)).trim();
}
