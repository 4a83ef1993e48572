/** Copies, checks and exports of a state's file, with the real clock. `mod.ts` gives them to commands. */
import type { StateFiles } from "./cli/wiring.ts";
import { systemClock } from "./lib/clock.ts";
import { systemRandom } from "./lib/random.ts";
import { backupState } from "./store/backup_state.ts";
import { checkState } from "./store/check_state.ts";
import { exportState, importState } from "./store/export_state.ts";
import { restoreState } from "./store/restore_state.ts";

const clock = systemClock;

export const stateFiles: StateFiles = {
  backup: (path, target) => backupState(path, { target, now: clock.now() }),
  restore: (path, backup) => restoreState(path, { backup, clock }),
  check: (path) => checkState(path, { clock, random: systemRandom }),
  export: (path, write) => exportState(path, { write, clock }),
  import: async (path, file) => {
    const text = await Deno.readTextFile(file);
    await importState(path, { lines: text.split("\n"), from: file, clock });
  },
};
