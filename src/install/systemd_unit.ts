/** The daemon's unit for systemd: the one that the manual shows, with the path of the program that is installed. */
import { findInManual } from "../manual/manual.ts";

/** In the manual's unit. */
const PROGRAM = "/usr/local/bin/nodepool";

/** @param program absolute path */
export function systemdUnit(program: string): string {
  const [, unit] = findInManual(["systemd"])!.section!.ownText.match(/^```ini\n([^]*?)^```$/m)!;
  return unit!.replace(`ExecStart=${PROGRAM} `, () => `ExecStart=${unitWord(program)} `);
}

/** A path as `ExecStart` takes it: `%` begins a specifier there, and blanks part words. */
function unitWord(path: string): string {
  const text = path.replaceAll("%", "%%");
  return /^[\w./%+-]+$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
