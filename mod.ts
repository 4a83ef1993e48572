/**
 * nodepool: keeps a pool of ready, single-use servers on OpenStack clouds. Run, this is the command line; imported, it
 * runs commands in the importing process. A program that only wants to look at a pool reads the daemon's status
 * endpoint, whose JSON `nodepool manual json` documents.
 *
 * @module
 */
import { type InvokedProgram, invokedProgram } from "./src/cli/invoked_program.ts";
import { ProcessSignals } from "./src/lib/process_signals.ts";
import type { Wiring } from "./src/cli/wiring.ts";

/** The parts that commands call, loaded at the call: a list must not wait for an SSH library. */
function wiringOf(signals?: ProcessSignals): Wiring {
  return {
    runDaemon: async (options) => (await import("./src/daemon/daemon.ts")).runDaemon(options, signals),
    startInBackground: async (options) =>
      (await import("./src/cli/start_in_background.ts")).startInBackground(options, signals),
    openOfflinePool: async (options) => (await import("./src/offline_pool.ts")).openOfflinePool(options),
    openEtcdPool: async (options) => (await import("./src/etcd_pool.ts")).openEtcdPool(options),
    openForegroundPool: async (options) =>
      (await import("./src/foreground_pool.ts")).openForegroundPool(options),
    checkOnline: async (options) => (await import("./src/check_online.ts")).checkOnline(options),
    writeFirstConfig: async (options) =>
      (await import("./src/write_first_config.ts")).writeFirstConfig(options),
    stateFiles: async (files) => (await import("./src/state_files.ts")).stateFiles(files),
    simulate: async (options) => (await import("./src/simulator/simulate.ts")).simulate(options),
    describeQuirks: async () => (await import("./src/simulator/quirk_table.ts")).describeQuirks(),
    describeVersion: async () => {
      const { version, commit, deno } = (await import("./src/lib/build_info.ts")).buildInfo();
      return `nodepool ${version} (commit ${commit}, Deno ${deno})`;
    },
  };
}

/**
 * Runs one command as the command line does: prints to the process's output, never throws, never exits.
 *
 * @param argv the command and its options, e.g. `["list", "-o", "json"]`
 * @returns the exit code: 0 done, 1 failed, 2 wrong arguments or configuration, 3 the daemon is needed but not running,
 *   4 a node to be released is held, 70 the daemon lost its state, 75 it no longer leads its pool; of `ssh`: that of
 *   OpenSSH's client
 */
export function main(argv: readonly string[]): Promise<number> {
  return run(argv, { program: { name: "nodepool", file: null } });
}

async function run(
  argv: readonly string[],
  { program, signals }: { program: InvokedProgram; signals?: ProcessSignals },
): Promise<number> {
  const [{ runCli }, { systemIo }] = await Promise.all([
    import("./src/cli/main.ts"),
    import("./src/cli/system_io.ts"),
  ]);
  return await runCli(argv, { program, wiring: wiringOf(signals), io: systemIo });
}

/** The commands that build images. */
const BUILDERS = ["daemon", "image-build", "image-update"];

/**
 * Only what builds images starts programs, a daemon that goes into the background, the manual its pager, and `ssh`
 * OpenSSH's client; all other commands give up the permission for that before they read anything. A command with such
 * a word as an argument keeps it, and does nothing with it.
 */
function giveUpRunning(argv: readonly string[], { name }: InvokedProgram): void {
  if (!argv.includes("manual") && !argv.includes("ssh")) {
    Deno.permissions.revokeSync({ name: "run", command: "/bin/sh" });
  }
  const isDaemon = name !== "nodepool";
  const mayBuild = isDaemon || BUILDERS.some((command) => argv.includes(command));
  const staysHere = !isDaemon || argv.includes("-d") || argv.includes("--nodaemon");
  if (!staysHere || (mayBuild && !argv.includes("--no-builder"))) return;
  Deno.permissions.revokeSync({ name: "run", command: "/usr/bin/setsid" });
}

if (import.meta.main) {
  const program = await invokedProgram();
  const isDaemon = program.name !== "nodepool" || Deno.args.includes("daemon");
  const signals = isDaemon ? new ProcessSignals() : undefined;
  giveUpRunning(Deno.args, program);
  Deno.exit(await run(Deno.args, { program, signals }));
}
