/** The builds whose files builders are to remove, each from the attempt that waits for that to its end. The desk keeps them. */
import { basename } from "node:path";
import type { BuilderName } from "../domain/build_places.ts";
import type { DibImage } from "../domain/dib_image.ts";
import type { Call } from "../lib/call.ts";
import { waitFor } from "../lib/in_flight.ts";
import { orAborted } from "../lib/or_aborted.ts";
import type { BuilderReport } from "./builder_sync.ts";

interface Removal {
  readonly builder: string;
  readonly build: string;
  readonly outcome: PromiseWithResolvers<Error | null>;
}

export class DeskRemovals {
  readonly #removals = new Set<Removal>();
  readonly #onNew: () => void;

  constructor(onNew: () => void) {
    this.#onNew = onNew;
  }

  /** @returns an error for people, where the builder could not; null: they are removed. @throws the signal's reason */
  async remove(
    { path }: DibImage,
    { builder: { id: builder, host }, signal }: Call & { builder: BuilderName },
  ): Promise<Error | null> {
    const removal = { builder, build: basename(path), outcome: Promise.withResolvers<Error | null>() };
    this.#removals.add(removal);
    this.#onNew();
    try {
      return await waitFor(`builder ${host}`, () => orAborted(removal.outcome.promise, signal));
    } finally {
      this.#removals.delete(removal);
    }
  }

  /** The builds that a builder is to remove. */
  at(id: string): readonly string[] {
    return [...this.#removals].flatMap(({ builder, build }) => builder === id ? [build] : []);
  }

  /** Ends those that the builder reports as done, or as failed. */
  take({ id, host, builds, stuck }: BuilderReport): void {
    for (const { builder, build, outcome } of this.#removals) {
      if (builder !== id) continue;
      const problem = stuck.find((one) => one.build === build);
      if (problem !== undefined) outcome.resolve(new Error(`builder ${host}: ${problem.message}`));
      else if (!builds.includes(build)) outcome.resolve(null);
    }
  }

  /** A lost builder is told to remove what no record names, should it come back. */
  giveUp(isLost: (builder: string) => boolean): void {
    for (const { builder, outcome } of this.#removals) {
      if (isLost(builder)) outcome.resolve(null);
    }
  }
}
