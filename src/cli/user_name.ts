/** Who runs the command, as far as the environment says: shown with holds and requests, never checked. */
import type { CliIo } from "./cli_io.ts";

export function userName({ env }: Pick<CliIo, "env">): string | null {
  return env("SUDO_USER") || env("USER") || env("LOGNAME") || null;
}

/** What is remembered of whoever deletes something by a command. */
export function deletionComment(io: Pick<CliIo, "env">): string {
  const user = userName(io);
  return user === null ? "deleted by command" : `deleted by ${user}`;
}
