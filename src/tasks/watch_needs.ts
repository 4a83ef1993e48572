/** The looks at a provider's cloud that the pool needs at this moment, from the nodes it has there. Pure. */
import type { Observation } from "../domain/observation.ts";
import type { Network } from "../domain/server.ts";
import { isMade, type ProviderConfig } from "../domain/config.ts";
import { mayHaveUnknownServer, type NodeRecord } from "../domain/node.ts";
import { NodeIndex } from "../domain/node_index.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import { earliest, type Instant, type Milliseconds, MINUTE, SECOND } from "../domain/time.ts";
import { floatingIpsByAddress } from "../plan/listed_addresses.ts";
import { planFloatingIps } from "../plan/floating_ip_plan.ts";
import { LISTING_SETTLE } from "../plan/node_step.ts";
import { listingInterval } from "./listing_interval.ts";

export interface WatchNeeds {
  /** Whether some node waits for its server to change. */
  readonly pending: boolean;
  /** How long to wait between listings while one does. */
  readonly interval: number;
  /** A complete listing that begins then or later is needed; null: the regular ones do. */
  readonly completeSince: Instant | null;
  /** Ports must have been listed then or later; null: they are not needed. */
  readonly portsSince: Instant | null;
  /** How old the list of floating IPs may be; null: it is not needed. */
  readonly floatingIpAge: number | null;
  /** Whether floating IPs count against the quota. */
  readonly floatingIps: boolean;
  readonly quotaAge: number;
  /** How old a catalog may be that lacks something, or that a request proved wrong. */
  readonly doubtfulCatalogAge: number;
  /** How old the list of our images may be; null: it is not needed. */
  readonly imageAge: number | null;
  /** Our images must have been listed then or later; null: the regular listings do. */
  readonly imagesSince: Instant | null;
  /** Names and ids of images to look up. */
  readonly baseImages: readonly string[];
}

const QUOTA_AGES = { wanted: 10 * SECOND, busy: MINUTE, idle: 15 * MINUTE };
const PORTS_AGE = 5 * SECOND;
const DOUBTFUL_CATALOG_AGES = { wanted: 30 * SECOND, idle: 5 * MINUTE };
const FLOATING_IP_AGES = { wanted: 2 * SECOND, idle: 90 * SECOND };

/** How old the list of our images may be: while the cloud has just begun with one, later, and while none waits. */
const IMAGE_AGES = { soon: 2 * SECOND, pending: 10 * SECOND, idle: 15 * MINUTE };
const SOON = 2 * MINUTE;

/**
 * @param nodes all of the pool
 * @param situation `wanted`: whether planning was refused for want of room there
 */
export function planWatch(
  nodes: Iterable<NodeRecord>,
  { provider, networks = null, strangeFloatingIp = false, images, wanted, leakCheck, now }: {
    provider: ProviderConfig;
    /** The cloud's; left out or null: not known yet. */
    networks?: readonly Network[] | null;
    /** Whether a server that needs an address has a floating IP which the list leaves out. */
    strangeFloatingIp?: boolean;
    /** The provider's images, as they are recorded. */
    images: readonly ProviderImage[];
    wanted: boolean;
    /** How old the list of floating IPs may be that is to tell whether one is a leak; null: none is to. */
    leakCheck: Milliseconds | null;
    now: Instant;
  },
): WatchNeeds {
  const own = NodeIndex.of(nodes).provider(provider.name);
  const unsettled = [...own.unsettled.values()];
  const pending = unsettled.filter(isPending);
  const { use } = planFloatingIps(provider, networks);
  const addressing = use === "no" ? [] : pending.filter(({ state }) => state.phase === "address");
  const isLooking = strangeFloatingIp || addressing.some(({ attempt }) => attempt > 0);
  // Whether there are any where none is asked for, the networks tell first.
  const mayMake = use === "yes" || (use === "maybe" && networks !== null);
  const listsThem = mayMake || provider.cleanFloatingIps || own.withFloatingIp > 0;
  return {
    pending: pending.length > 0,
    interval: listingInterval(pending, { nodes: own, now }),
    completeSince: earliest(unsettled.filter(mayHaveUnknownServer).map(lostSince)),
    portsSince: portsSince(addressing.filter(({ floatingIp }) => floatingIp === null), now),
    floatingIpAge: !listsThem
      ? null
      : isLooking
      ? FLOATING_IP_AGES.wanted
      : Math.min(leakCheck ?? Infinity, FLOATING_IP_AGES.idle),
    floatingIps: use === "yes",
    quotaAge: wanted ? QUOTA_AGES.wanted : pending.length > 0 ? QUOTA_AGES.busy : QUOTA_AGES.idle,
    doubtfulCatalogAge: wanted ? DOUBTFUL_CATALOG_AGES.wanted : DOUBTFUL_CATALOG_AGES.idle,
    imageAge: imageAge(images, { provider, now }),
    imagesSince: latest(images.map(listedSince)),
    baseImages: [...new Set(provider.images.flatMap(({ baseImage }) => baseImage ?? []))],
  };
}

/** Whether the server of a node that needs an address has a floating IP that is newer than the list of them. */
export function hasStrangeFloatingIp(
  nodes: readonly NodeRecord[],
  { inventory, floatingIps }: Pick<Observation, "inventory" | "floatingIps">,
): boolean {
  return nodes.some(({ state, floatingIp }) => {
    if (state.phase !== "address" || floatingIp !== null) return false;
    const { addresses } = inventory.servers.get(state.serverId) ?? { addresses: [] };
    const floating = addresses.filter(({ kind }) => kind === "floating");
    return floating.some(({ address }) =>
      floatingIpsByAddress(floatingIps?.value ?? [], address).length === 0
    );
  });
}

/** An image that the cloud is at work on is looked for often at first. */
function imageAge(
  images: readonly ProviderImage[],
  { provider, now }: { provider: ProviderConfig; now: Instant },
): number | null {
  if (images.length === 0 && !provider.images.some(isMade)) return null;
  const ages = images.filter(isInTheCloudsHands).map(({ phaseSince }) =>
    now - phaseSince < SOON ? IMAGE_AGES.soon : IMAGE_AGES.pending
  );
  return Math.min(IMAGE_AGES.idle, ...ages);
}

function isInTheCloudsHands({ state }: ProviderImage): boolean {
  return state.phase === "saving" || (state.phase === "delete" && state.acceptedAt !== null);
}

/** How recent a listing must be to show what a request with a lost answer, or a deletion, has done. */
function listedSince({ state }: ProviderImage): Instant {
  if (state.phase === "delete" && state.acceptedAt !== null) return state.acceptedAt;
  const lostAt = "lostAt" in state ? state.lostAt : null;
  return lostAt === null ? -Infinity : lostAt + LISTING_SETTLE;
}

function latest(times: readonly Instant[]): Instant | null {
  const last = Math.max(...times);
  return last === -Infinity ? null : last;
}

/** Phases that end when the cloud shows something new. */
function isPending({ state }: NodeRecord): boolean {
  switch (state.phase) {
    case "create":
      return state.sentAt !== null;
    case "boot":
    case "address":
      return true;
    case "delete-server":
      return state.acceptedAt !== null || state.serverId === null;
    default:
      return false;
  }
}

function lostSince({ state }: NodeRecord): Instant | null {
  const lostAt = "lostAt" in state ? state.lostAt : null;
  return lostAt === null ? null : lostAt + LISTING_SETTLE;
}

function activeAt({ state }: NodeRecord): Instant {
  return state.phase === "address" ? state.activeAt : 0;
}

/** From when the newest was ACTIVE; again after a while, for a port that came late. */
function portsSince(addressing: readonly NodeRecord[], now: Instant): Instant | null {
  if (addressing.length === 0) return null;
  return Math.max(now - PORTS_AGE, ...addressing.map(activeAt));
}
