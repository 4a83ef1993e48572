/**
 * Removes the files of builds that the leader has no record of, or is done with, and remembers what could not be removed.
 * The member of a builder has it.
 */
import { join } from "node:path";
import type { Builder } from "../build/builder.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";
import type { BuilderFolder } from "./builder_folder.ts";
import type { BuilderReport } from "./builder_sync.ts";

const log = loggerOf("image", "build");

interface UnneededBuildsDeps {
  readonly folder: Pick<BuilderFolder, "path" | "begin" | "forget">;
  readonly builder: Pick<Builder, "remove">;
}

export class UnneededBuilds {
  readonly #deps: UnneededBuildsDeps;
  readonly #stuck = new Map<string, string>();

  constructor(deps: UnneededBuildsDeps) {
    this.#deps = deps;
  }

  /** As it is reported to the leader. */
  get stuck(): BuilderReport["stuck"] {
    return [...this.#stuck].map(([build, message]) => ({ build, message }));
  }

  /** @param options `needed`: those that the leader has records of. @returns whether all others are gone */
  async remove(
    reported: readonly string[],
    { needed, isWritten }: { needed: readonly string[]; isWritten: (build: string) => boolean },
  ): Promise<boolean> {
    const { folder } = this.#deps;
    for (const build of needed) {
      this.#stuck.delete(build);
      await folder.begin(join(folder.path, build));
    }
    const kept = new Set(needed);
    const others = reported.filter((build) => !kept.has(build));
    const removed = await Promise.all(others.map((build) => !isWritten(build) && this.#remove(build)));
    return removed.every((isGone) => isGone);
  }

  async #remove(build: string): Promise<boolean> {
    const { folder, builder } = this.#deps;
    try {
      await builder.remove(join(folder.path, build));
      await folder.forget(build);
      this.#stuck.delete(build);
      return true;
    } catch (error) {
      const problem = errorChain(error);
      if (!this.#stuck.has(build)) log.warning("cannot remove {build}: {error}", { build, error: problem });
      this.#stuck.set(build, problem);
      return false;
    }
  }
}
