/** A run of a schedule under the eyes of a witness: a log of what happened, which ends with the first violation. */
import { durationText, type Instant } from "../../../src/domain/time.ts";
import type { VirtualClock } from "../../virtual_clock.ts";
import type { Witness } from "./never_deleted/witness.ts";

class Violation extends Error {
  override readonly name = "Violation";
}

export abstract class ObservedRun {
  abstract readonly witness: Witness;
  readonly log: string[] = [];
  readonly #clock: VirtualClock;
  readonly #startedAt: Instant;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  /** @throws Violation where the witness has seen one */
  check(): void {
    const [violation] = this.witness.violations;
    if (violation !== undefined) this.fail(violation);
  }

  /** @throws Violation */
  fail(violation: string): never {
    this.tell(violation);
    throw new Violation(violation);
  }

  tell(what: string): void {
    this.log.push(`t+${durationText(this.#clock.now() - this.#startedAt)} ${what}`);
  }
}

/** What a run ended with: a violation, or a defect of the test with its stack. */
export function violationOf(error: unknown): string {
  return error instanceof Violation ? error.message : (error as Error).stack ?? `${error}`;
}
