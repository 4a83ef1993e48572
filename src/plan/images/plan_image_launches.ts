/**
 * Servers that are launched for images: builders to be snapshotted, checkers to prove a fresh image. They are not counted
 * against max-servers. Where a quota is full they come before the pool's own launches: one that finds no room has the
 * next that is free. Pure.
 */
import { filesOfImage } from "../../domain/local_files.ts";
import type { NodeRole, WaitingOn } from "../../domain/node.ts";
import { describeObstacle } from "../../domain/describe_obstacle.ts";
import { isObstacle, type Obstacle } from "../../domain/obstacle.ts";
import type { ProviderImage } from "../../domain/provider_image.ts";
import type { Moment } from "../../domain/time.ts";
import { allocateSole } from "../allocate_sole.ts";
import type { ServerCost } from "../allocation_types.ts";
import { countNodes } from "../count_nodes.ts";
import { firstFault, type LaunchOffer, offerBaseImage, offerMadeImage, openCatalog } from "../offers.ts";
import type { PoolInput } from "../pool_plan.ts";
import { costOf, roomForImages } from "../provider_room.ts";

export interface ImageLaunch extends LaunchOffer {
  readonly forImage: ProviderImage;
  readonly role: Extract<NodeRole, "builder" | "checker">;
}

export interface ImageLaunches {
  readonly launches: readonly ImageLaunch[];
  /** Why the others wait, by the image's id. */
  readonly waits: ReadonlyMap<number, Omit<WaitingOn, "since">>;
  /** By provider: the cost of the servers that wait for room in the quotas. */
  readonly reserved: ReadonlyMap<string, readonly ServerCost[]>;
}

interface ImageLaunchesInput extends Moment, Pick<PoolInput, "config" | "nodes" | "seen" | "faults"> {
  readonly images: readonly ProviderImage[];
}

export function planImageLaunches(input: ImageLaunchesInput): ImageLaunches {
  const providers = new Set(input.config.providers.map(({ name }) => name));
  // Of others it is said already why nothing becomes of them.
  const waiting = input.images.filter((image) => providers.has(image.provider) && waitsForLaunch(image));
  if (waiting.length === 0) return { launches: [], waits: new Map(), reserved: new Map() };
  const counts = countNodes(input.nodes);
  const wishes = waiting.map((image) => {
    const { id, provider } = image;
    return { id, provider, missing: 1, cap: null, image, offer: offerFor(image, input, counts.isAsked) };
  });
  const rooms = input.config.providers.map((provider) =>
    roomForImages(provider, { nodes: input.nodes, seen: input.seen.get(provider.name) })
  );
  const { granted, refusals } = allocateSole(wishes, rooms);
  const refused = wishes.flatMap(({ id, offer }) => isObstacle(offer) || !refusals.has(id) ? [] : offer);
  return {
    launches: wishes.flatMap(({ id, offer, image }) =>
      isObstacle(offer) || !granted.has(id) ? [] : [{ ...offer, forImage: image, role: roleOf(image) }]
    ),
    waits: new Map([...refusals].map(([id, obstacles]) => {
      const told = obstacles.map((obstacle) => describeObstacle(obstacle, input)).join("; ");
      return [id, { reason: "server", message: `no server can be launched for it: ${told}` }];
    })),
    reserved: new Map(
      [...Map.groupBy(refused, ({ provider }) => provider.name)].map((
        [name, own],
      ) => [name, own.map(costOf)]),
    ),
  };
}

function waitsForLaunch({ state, retryAt }: ProviderImage): boolean {
  return (state.phase === "server" || state.phase === "check") && state.nodeId === null && retryAt === null;
}

function roleOf({ state }: ProviderImage): ImageLaunch["role"] {
  return state.phase === "check" ? "checker" : "builder";
}

function offerFor(
  image: ProviderImage,
  { config, now, seen, faults }: ImageLaunchesInput,
  isAsked: (provider: string) => boolean,
): LaunchOffer | Obstacle {
  const provider = config.providers.find(({ name }) => name === image.provider);
  const use = provider?.images.find(({ name }) => name === image.image);
  if (provider === undefined || use === undefined) {
    return { kind: "image-not-configured", image: image.image };
  }
  const situation = { now, seen: seen.get(provider.name), asking: isAsked(provider.name) };
  const catalog = openCatalog(provider, situation);
  if (isObstacle(catalog)) return catalog;
  const needs = {
    role: roleOf(image),
    hasOwnKey: image.state.phase !== "check" && image.keypair !== null,
    config,
  };
  const fault = firstFault(filesOfImage(use, needs), faults);
  if (fault !== null) return fault;
  return image.state.phase === "check"
    ? offerMadeImage(
      { provider, image: use, imageId: image.state.externalId, imageVersion: image.version },
      { catalog, seen: situation.seen },
    )
    : offerBaseImage(provider, use, catalog);
}
