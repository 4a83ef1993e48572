/** A directory for one test's state, removed with everything in it. */
import { join } from "node:path";

export interface TemporaryState extends AsyncDisposable {
  readonly directory: string;
  /** Where the state file belongs; there is none yet. */
  readonly path: string;
}

export async function temporaryState(): Promise<TemporaryState> {
  const directory = await Deno.makeTempDir({ prefix: "nodepool-state-" });
  return {
    directory,
    path: join(directory, "state.kv"),
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}
