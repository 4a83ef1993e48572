/**
 * The sources this program was built from. `scripts/compile` leaves the commit in the folder of the program that it
 * packs; a run from a checkout asks git. Called by the command line (`--version`) and the daemon's views.
 */

import manifest from "../../deno.json" with { type: "json" };

/** Of the running program. */
export const VERSION: string = manifest.version;

/** Version, commit and runtime of the running program. */
interface BuildInfo {
  readonly version: string;
  /** Short git hash, with `-dirty` after it where the sources had changes; `unknown` outside git. */
  readonly commit: string;
  readonly deno: string;
}

/** Reads the build information; it never throws. */
export function buildInfo(): BuildInfo {
  const commit = recordedCommit() ?? checkoutCommit() ?? "unknown";
  return { version: VERSION, commit, deno: Deno.version.deno };
}

function recordedCommit(): string | null {
  try {
    return JSON.parse(Deno.readTextFileSync(new URL("../../build_info.json", import.meta.url))).commit;
  } catch {
    return null;
  }
}

function checkoutCommit(): string | null {
  try {
    const cwd = new URL("../..", import.meta.url);
    const args = ["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
    const { success, stdout } = new Deno.Command("git", { args, cwd, stderr: "null" }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim() : null;
  } catch {
    return null;
  }
}
