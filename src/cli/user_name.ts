/** Who runs the command, as far as the environment says: shown with holds and requests, never checked. */
import type { CliIo } from "./cli_io.ts";

export function userName({ env }: Pick<CliIo, "env">): string | null {
  return env("SUDO_USER") || env("USER") || env("LOGNAME") || null;
}
