/** Servers on the clouds that the pool does not know. */
import type { Moment } from "../domain/time.ts";
import { compareText, type ViewHead, viewHead } from "./view_head.ts";

export interface AlienListView extends ViewHead {
  readonly aliens: readonly AlienView[];
  /** One for each provider that could not be asked. */
  readonly warnings: readonly string[];
}

export interface AlienView {
  readonly provider: string;
  readonly hostname: string;
  readonly server_id: string;
  readonly ip: string | null;
}

/** What was found, sorted by provider and hostname. */
export function viewAlienList(
  { servers, warnings }: {
    servers: readonly { provider: string; hostname: string; serverId: string; ip: string | null }[];
    warnings: readonly string[];
  },
  moment: Moment,
): AlienListView {
  const aliens = servers
    .map(({ provider, hostname, serverId, ip }) => ({ provider, hostname, server_id: serverId, ip }))
    .sort((left, right) =>
      compareText(left.provider, right.provider) || compareText(left.hostname, right.hostname) ||
      compareText(left.server_id, right.server_id)
    );
  return { ...viewHead(moment), aliens, warnings };
}
