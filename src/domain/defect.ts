/**
 * An unforeseen defect, met while the pool worked on one thing of many: that one stands still, the others continue.
 * Plans and turns of the tick gather defects; `status` and the lists show them while they last.
 */
import type { Instant } from "./time.ts";

/**
 * The thing it befell, as people name it: `node 7`. A `plan` is about all of its things at once, such as the
 * launches.
 */
export interface DefectSubject {
  readonly kind: "node" | "request" | "label" | "image" | "dib image" | "leak" | "plan of";
  /** Of a label its name, of a leak what the cloud calls it or the id of the node that it may be of. */
  readonly id: number | string;
}

export interface Defect {
  readonly of: DefectSubject;
  /** The pool's work at that moment: `planning`, `login`. */
  readonly doing: string;
  readonly error: unknown;
}

/** A defect as it is shown. */
export interface DefectReport extends Omit<Defect, "error"> {
  readonly message: string;
  readonly since: Instant;
}

export function describeSubject({ kind, id }: DefectSubject): string {
  return `${kind} ${id}`;
}

/** Does something for each of many things apart, and gathers what broke. */
export class Apart {
  readonly #doing: string;
  readonly #defects: Defect[] = [];

  constructor(doing: string) {
    this.#doing = doing;
  }

  get defects(): readonly Defect[] {
    return this.#defects;
  }

  /** The result of `run`; `otherwise` where it breaks. */
  for<Result>(of: DefectSubject, run: () => Result, otherwise: Result): Result {
    try {
      return run();
    } catch (error) {
      this.note(of, error);
      return otherwise;
    }
  }

  note(of: DefectSubject, error: unknown): void {
    this.#defects.push({ of, doing: this.#doing, error });
  }
}
