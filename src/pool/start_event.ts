/** The event of the daemon's start. */
import type { NewEvent } from "../domain/pool_event.ts";
import type { PoolDeps } from "./pool_deps.ts";

export function startEvent({ process: { pid, version } }: Pick<PoolDeps, "process">): NewEvent {
  const subject = { type: "daemon", id: pid, name: version } as const;
  return {
    kind: "daemon.started",
    subject,
    labels: {},
    message: `the daemon has started, version ${version}`,
  };
}
