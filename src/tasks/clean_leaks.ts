/** Deletes what carries our marks on a cloud and belongs to no node. Run by the cron `cleanup`, for each provider apart. */
import { CloudError, isRefusal } from "../domain/cloud_error.ts";
import { Apart, describeSubject } from "../domain/defect.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { Observation } from "../domain/observation.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import { floatingIpNodeId } from "../domain/server_marks.ts";
import { type Instant, MINUTE } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import type { DeletionOrder } from "../execute/deletions.ts";
import type { Leak } from "../plan/action.ts";
import { type LeakInput, planLeaks, planLeft } from "../plan/plan_leaks.ts";
import type { Ledger } from "../store/ledger.ts";
import type { ProviderWatch } from "./provider_watch.ts";

/** Deletions of one pass and provider: should a conclusion be wrong, it must not be wrong about everything at once. */
const MOST = 50;

/** Keypairs leak seldom, and listing them is one more request. */
const KEYPAIRS_EVERY = 15 * MINUTE;

interface CleanLeaksDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** When the keypairs were listed last, by provider; kept from pass to pass. */
  readonly keypairsListedAt: Map<string, Instant>;
}

/** One pass over what is on a provider. @throws Error once all else is done, where something broke */
export async function cleanLeaks(
  watch: ProviderWatch,
  deps: CleanLeaksDeps,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  // What was last seen of a provider that does not answer is no ground to delete anything, and where another daemon
  // works on the same state it may be that one's.
  if (watch.observation.failure !== null || watch.observation.frozen !== null) return;
  const apart = new Apart("looking for");
  const installation = deps.ledger.installation.id;
  const ended = await loadEnded(deps.ledger, markedIds(watch.observation, installation));
  const input: LeakInput = {
    provider: watch.provider,
    seen: watch.observation,
    installation,
    nodes: deps.ledger.nodes,
    nodeIndex: deps.ledger.nodeIndex,
    ended,
    images: deps.ledger.images,
    keypairs: await listKeypairs(watch, deps, signal),
    isAsked: (leak) => watch.deletions.isAsked(leak),
    most: MOST,
    apart,
  };
  for (const left of planLeft(input)) watch.deletions.leave(orderOf(left));
  const kinds = Map.groupBy(planLeaks(input), ({ type }) => type);
  await Promise.all([...kinds.values()].map((leaks) => deleteInTurn(leaks, { watch, signal })));
  const [first] = apart.defects;
  if (first !== undefined) throw new Error(`the ${describeSubject(first.of)} failed`, { cause: first.error });
}

/** As long as the service answers. Each outcome is logged there; a leak that remains is in the next pass again. */
async function deleteInTurn(
  leaks: readonly Leak[],
  { watch: { deletions }, signal }: { watch: ProviderWatch; signal: AbortSignal },
): Promise<void> {
  for (const leak of leaks) {
    signal.throwIfAborted();
    try {
      await deletions.carryOut(orderOf(leak), { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CloudError && !isRefusal(error)) return;
    }
  }
}

/** Only where snapshots are made; null: it is not time yet, or the cloud does not say. */
async function listKeypairs(
  { provider, cloud }: ProviderWatch,
  { ledger, clock, keypairsListedAt }: CleanLeaksDeps,
  signal: AbortSignal,
): Promise<readonly string[] | null> {
  const now = clock.now();
  const isTime = now - (keypairsListedAt.get(provider.name) ?? -Infinity) >= KEYPAIRS_EVERY;
  const isMade = (image: ProviderImage) =>
    image.provider === provider.name && image.source.type === "snapshot";
  if (!isTime || ![...ledger.images.values()].some(isMade)) return null;
  keypairsListedAt.set(provider.name, now);
  const keypairs = await cloud.listKeypairs({ signal }).catch(() => null);
  return keypairs?.map(({ name }) => name) ?? null;
}

function orderOf({ type: kind, id, name, reason, portId }: Leak): DeletionOrder {
  return { kind, id, name, of: { type: "leak", reason, portId } };
}

/** Ids of nodes that a server or a floating IP is marked with. */
function markedIds({ inventory, floatingIps }: Observation, installation: string): Set<number> {
  const ofFloatingIps = (floatingIps?.value ?? []).flatMap((ip) => floatingIpNodeId(ip, installation) ?? []);
  return new Set([...inventory.nodeIds(), ...ofFloatingIps]);
}

/** Those nodes of the ids that left the pool, as far as the history goes back, each as it was at its end. */
export async function loadEnded(ledger: Ledger, ids: Iterable<number>): Promise<Map<number, NodeRecord>> {
  const ended = new Map<number, NodeRecord>();
  for (const id of ids) {
    if (ledger.nodes.has(id)) continue;
    const record = await ledger.getHistory(id);
    if (record !== null) ended.set(id, record.node);
  }
  return ended;
}
