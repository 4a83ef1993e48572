/**
 * nodepool: keeps a pool of ready, single-use servers on OpenStack clouds. Run, this is the command line; imported,
 * it runs commands in the importing process. A program that only wants to look at a pool reads the daemon's status
 * endpoint, whose JSON the README documents.
 *
 * @module
 */
import { systemIo } from "./src/cli/system_io.ts";
import type { Wiring } from "./src/cli/wiring.ts";

/** What the commands call, loaded when it is called: a list must not wait for an SSH library. */
const wiring: Wiring = {
  runDaemon: async (options) => (await import("./src/daemon.ts")).runDaemon(options),
  openOfflinePool: async (options) => (await import("./src/offline_pool.ts")).openOfflinePool(options),
  openForegroundPool: async (options) =>
    (await import("./src/foreground_pool.ts")).openForegroundPool(options),
  checkOnline: async (options) => (await import("./src/check_online.ts")).checkOnline(options),
  simulate: async (options) => (await import("./src/simulator/simulate.ts")).simulate(options),
  describeQuirks: async () => (await import("./src/simulator/describe_quirks.ts")).describeQuirks(),
  describeVersion: async () => {
    const { version, commit, deno } = (await import("./src/lib/build_info.ts")).buildInfo();
    return `nodepool ${version} (commit ${commit}, Deno ${deno})`;
  },
};

/**
 * Runs one command as the command line does: prints to the process's output, never throws, never exits.
 *
 * @param argv the command and its options, e.g. `["list", "-o", "json"]`
 * @returns 0 done, 1 failed, 2 wrong arguments or configuration, 3 the daemon is needed and does not run, 70 the daemon
 *   lost its state
 */
export async function main(argv: readonly string[]): Promise<number> {
  const { runCli } = await import("./src/cli/main.ts");
  return await runCli(argv, wiring, systemIo);
}

/** The commands that build images. */
const BUILDERS = ["daemon", "image-build", "image-update"];

/**
 * Only what builds images starts programs; all else gives up the permission to, before it reads anything. A command with
 * such a word as an argument keeps it, and does nothing with it.
 */
function giveUpRunning(argv: readonly string[]): void {
  if (BUILDERS.some((command) => argv.includes(command)) && !argv.includes("--no-builder")) return;
  Deno.permissions.revokeSync({ name: "run", command: "/usr/bin/setsid" });
}

if (import.meta.main) {
  giveUpRunning(Deno.args);
  Deno.exit(await main(Deno.args));
}
