/** `--since` and `--until`, checked in one place for every command that takes them. */
import { type AskedWindow, whyEmpty } from "../domain/time.ts";
import { UsageError } from "./cli_error.ts";
import type { CliIo } from "./cli_io.ts";

/** @throws UsageError where nothing can lie in it */
export function checkWindow(window: AskedWindow, { clock }: Pick<CliIo, "clock">): void {
  const problem = whyEmpty(window, { now: clock.wall(), mark: "--" });
  if (problem !== null) throw new UsageError(problem);
}
