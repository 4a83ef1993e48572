/**
 * After the state was restored from an older copy, a cloud may hold servers of nodes that only the newer one knew.
 * Their ids are never given out again, and they are told to people; nothing else is done to them. The pool calls
 * it for each provider once that has been seen completely, and launches nothing there before.
 */
import { findUnknownServers, type UnknownServer } from "../plan/find_unknown_servers.ts";
import type { Ledger } from "../store/ledger.ts";
import { loadEnded } from "./load_ended.ts";
import type { ProviderWatch } from "./provider_watch.ts";

/** @returns the servers, by the ids of their nodes */
export async function skipUnknownIds(
  watch: Pick<ProviderWatch, "provider" | "observation">,
  ledger: Ledger,
): Promise<readonly UnknownServer[]> {
  const { inventory } = watch.observation;
  const ended = await loadEnded(ledger, inventory.nodeIds());
  const unknown = findUnknownServers({ inventory }, {
    provider: watch.provider.name,
    nodes: ledger.nodes,
    ended,
  });
  const highest = unknown.at(-1)?.nodeId;
  if (highest !== undefined) await ledger.skipIds("node", highest);
  return unknown;
}
