/** Finding a program before it is started, so that its absence is not taken for its failure. */
import { isAbsolute, join } from "node:path";

/**
 * @param path the folders to look in, as in PATH
 * @returns its absolute path
 * @throws Deno.errors.NotFound, Deno.errors.PermissionDenied without a program of that name, or one that can be run
 */
export async function findProgram(name: string, path: string): Promise<string> {
  let refusal: Error = new Deno.errors.NotFound(`program ${name} not found in ${path || "an empty PATH"}`);
  for (const folder of path.split(":").filter(isAbsolute)) {
    const file = join(folder, name);
    const problem = await problemOf(file);
    if (problem === null) return file;
    if (problem instanceof Deno.errors.PermissionDenied) refusal = problem;
  }
  throw refusal;
}

async function problemOf(file: string): Promise<Error | null> {
  const facts = await Deno.stat(file).catch(() => null);
  if (facts?.isFile !== true) return new Deno.errors.NotFound(`${file} not found`);
  if ((facts.mode! & 0o111) === 0) return new Deno.errors.PermissionDenied(`${file} is not executable`);
  const interpreter = await interpreterOf(file);
  if (interpreter === null || await Deno.stat(interpreter).then(() => true, () => false)) return null;
  return new Deno.errors.PermissionDenied(`${file} needs ${interpreter}, which does not exist`);
}

/**
 * The interpreter in a script's first line; null: it is no script, or cannot be read (which running it may not need).
 */
async function interpreterOf(file: string): Promise<string | null> {
  const start = new Uint8Array(256);
  try {
    using opened = await Deno.open(file);
    await opened.read(start);
  } catch {
    return null;
  }
  return new TextDecoder().decode(start).match(/^#!\s*(\/[^\s\0]+)/)?.[1] ?? null;
}
