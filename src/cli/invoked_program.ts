/**
 * Under which of its names the program was run: 2016's `nodepoold` and `nodepool-builder` are links to it. `mod.ts`
 * asks first of all.
 */
import { basename } from "node:path";

export const PROGRAM_NAMES = ["nodepool", "nodepoold", "nodepool-builder"] as const;
export type ProgramName = typeof PROGRAM_NAMES[number];

export interface InvokedProgram {
  readonly name: ProgramName;
  /** The file that starts it again; null: it runs from its sources, and nothing does. */
  readonly file: string | null;
}

/** Set in the environment by scripts/compile's shell text, and by whatever else starts the sources. */
const VARIABLE = "NODEPOOL_PROGRAM";

/** Takes what it finds out of the environment: scripts on nodes are given variables of that kind. */
export async function invokedProgram(): Promise<InvokedProgram> {
  const given = Deno.env.get(VARIABLE) ?? null;
  if (given !== null) Deno.env.delete(VARIABLE);
  const file = given ?? (Deno.build.standalone ? await ownArgument() : null);
  const name = PROGRAM_NAMES.find((known) => known === basename(file ?? "")) ?? "nodepool";
  return { name, file };
}

/** Its package takes a third of the time of the shortest command. */
async function ownArgument(): Promise<string> {
  return (await import("node:process")).default.argv0;
}
