/** Runs a program of the machine to its end. */
import assert from "node:assert/strict";

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param options `failing`: an exit code other than 0 is the caller's business; without it, it throws */
export async function runCommand(
  command: string,
  args: readonly string[],
  { failing = false, env = {} }: { failing?: boolean; env?: Record<string, string> } = {},
): Promise<Finished> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args: [...args], env, stdin: "null" })
    .output();
  const decoder = new TextDecoder();
  const finished = { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  assert.ok(failing || code === 0, `${command} ${args.join(" ")}: exit code ${code}: ${finished.stderr}`);
  return finished;
}
