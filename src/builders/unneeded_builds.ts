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

export function unneededBuilds({ folder, builder }: UnneededBuildsDeps) {
  const stuck = new Map<string, string>();
  const removeOne = async (build: string): Promise<boolean> => {
    try {
      await builder.remove(join(folder.path, build));
      await folder.forget(build);
      stuck.delete(build);
      return true;
    } catch (error) {
      const problem = errorChain(error);
      if (!stuck.has(build)) log.warning("cannot remove {build}: {error}", { build, error: problem });
      stuck.set(build, problem);
      return false;
    }
  };
  return {
    /** As it is reported to the leader. */
    get stuck(): BuilderReport["stuck"] {
      return [...stuck].map(([build, message]) => ({ build, message }));
    },

    /** @param options `needed`: those that the leader has records of. @returns whether all others are gone */
    async remove(
      reported: readonly string[],
      { needed, isWritten }: { needed: readonly string[]; isWritten: (build: string) => boolean },
    ): Promise<boolean> {
      for (const build of needed) {
        stuck.delete(build);
        await folder.begin(join(folder.path, build));
      }
      const others = reported.filter((build) => !needed.includes(build));
      const removed = await Promise.all(others.map((build) => !isWritten(build) && removeOne(build)));
      return removed.every((isGone) => isGone);
    },
  };
}
