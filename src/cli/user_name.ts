/**
 * Who runs the command: shown with holds and requests, never checked. The environment tells who became root by sudo or
 * su; services and containers often have none, then the system is asked.
 */
import type { CliIo } from "./cli_io.ts";

export function userName({ env, account }: Pick<CliIo, "env" | "account">): string | null {
  return env("SUDO_USER") || env("USER") || env("LOGNAME") || account();
}

/** The record's comment on what somebody did with a command: `deleted by maria`. */
export function doneBy(io: Pick<CliIo, "env" | "account">, what: "deleted" | "hold ended"): string {
  return `${what} by ${userName(io) ?? "command"}`;
}
