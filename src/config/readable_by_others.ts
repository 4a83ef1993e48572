/** Whether every user of the machine may read a file. */
import type { Environment } from "./environment.ts";

const OTHERS_READ = 0o004;

export async function readableByOthers(
  path: string,
  { environment, signal }: { environment: Environment; signal?: AbortSignal },
): Promise<boolean> {
  const facts = await environment.stat(path, { signal });
  return facts !== null && facts.mode !== null && (facts.mode & OTHERS_READ) !== 0;
}
