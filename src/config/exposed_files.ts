/** Warns of files that hold secrets and that every user of the machine may read. */
import type { Problem } from "./config_error.ts";
import type { Environment } from "./environment.ts";
import { fileProblem } from "./read_text.ts";

const OTHERS_READ = 0o004;

export async function exposedFiles(
  paths: readonly string[],
  { environment, signal }: { environment: Environment; signal?: AbortSignal },
): Promise<Problem[]> {
  const facts = await Promise.all(paths.map((path) => environment.stat(path, { signal })));
  return paths.filter((_, index) => ((facts[index]?.mode ?? 0) & OTHERS_READ) !== 0).map((path) =>
    fileProblem(path, "holds secrets and is readable by every user; run chmod o-rwx on it")
  );
}
