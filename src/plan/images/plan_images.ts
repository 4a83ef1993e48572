/**
 * One planning of all images: what is wanted against what there is. Pure and synchronous. The tick (`src/tasks`) calls
 * it before the plan of the nodes, commits its changes and hands its actions to the executor of images.
 */
import { type BuildPlaces, thisProcess } from "../../domain/build_places.ts";
import type { Config } from "../../domain/config.ts";
import { Apart, type Defect } from "../../domain/defect.ts";
import type { DibImage } from "../../domain/dib_image.ts";
import { type DibEvent, transitionDib } from "../../domain/dib_transition.ts";
import type { ImageOrder } from "../../domain/image_order.ts";
import { type ImageEvent, transitionImage } from "../../domain/image_transition.ts";
import { NodeIndex } from "../../domain/node_index.ts";
import type { ProviderImage } from "../../domain/provider_image.ts";
import { earliest, type Instant, type Moment } from "../../domain/time.ts";
import type { PoolInput } from "../pool_plan.ts";
import { change, followLadder, staying, waitingFor } from "../follow_ladder.ts";
import { describeImageAction, type ImageAction, type ImageActionType } from "./image_action.ts";
import type { ImageWorld } from "./image_step.ts";
import { type ImageLaunches, planImageLaunches } from "./plan_image_launches.ts";
import { type NewImages, planNewImages } from "./plan_new_images.ts";
import { planDibImage } from "./plan_dib_image.ts";
import { planProviderImage } from "./plan_provider_image.ts";
import { planRetention, type Retention } from "./plan_retention.ts";

export interface ImagesInput extends Moment, Pick<PoolInput, "config" | "nodes" | "seen" | "faults"> {
  readonly dibImages: Iterable<DibImage>;
  readonly images: Iterable<ProviderImage>;
  readonly order: (provider: string | null, image: string) => ImageOrder | null;
  /** Whether that piece of work is running in this process. */
  readonly isRunning: (type: ImageActionType, id: number) => boolean;
  /** Whether diskimages are built and uploaded, and whether snapshots are made. */
  readonly making: { readonly uploads: boolean; readonly snapshots: boolean };
  /** Where diskimages are built; left out: by this process. */
  readonly places?: BuildPlaces;
  /** The configuration of what is to be moved, where that is not everything: the rest is left as it is. */
  readonly only?: Config | null;
  /** Whether new work is taken on; false while the daemon is stopping. */
  readonly accepting: boolean;
}

interface RecordChange<Entity> {
  readonly previous: Entity;
  /** null: nothing is left of it. */
  readonly next: Entity | null;
}

export interface ImagePlan {
  readonly dibChanges: readonly RecordChange<DibImage>[];
  readonly changes: readonly RecordChange<ProviderImage>[];
  readonly wanted: NewImages;
  readonly launches: ImageLaunches;
  readonly actions: readonly ImageAction[];
  /** The parts that could not be planned: a record that stays as it is, or a part of the plan that is empty. */
  readonly defects: readonly Defect[];
  /** When to plan again even if nothing happens; null: no such time. */
  readonly until: Instant | null;
}

export function planImages(input: ImagesInput): ImagePlan {
  const { config, now, only = null } = input;
  const apart = new Apart("planning");
  const part = <Plan>(id: string, plan: () => Plan, none: Plan) =>
    apart.for({ kind: "plan of", id }, plan, none);
  const [dibImages, images, nodes] = [[...input.dibImages], [...input.images], NodeIndex.of(input.nodes)];
  const keep = config.limits.imageKeep;
  const retentionOf = (images: readonly (DibImage | ProviderImage)[]) =>
    part("retention", () => planRetention(images, { now, keep }), NONE_EXPIRED);
  const [dibRetention, retention] = [retentionOf(dibImages), retentionOf(images)];
  const world = worldOf({ ...input, dibImages, images, nodes });
  const round = { ...input, world, expired: { dib: dibRetention.expired, provider: retention.expired } };
  const dibPlans = dibImages.map((image) =>
    apart.for({ kind: "dib image", id: image.id }, () => planDib(image, round), staying(image))
  );
  const plans = images.map((image) =>
    apart.for({ kind: "image", id: image.id }, () => planOne(image, round), staying(image))
  );
  const living = plans.flatMap(({ next }) =>
    next === null || (only !== null && !isConfigured(next, only)) ? [] : next
  );
  const planWorkers = () => planImageLaunches({ ...input, images: living, nodes });
  // By the records as they are: an order is filled only when what this plan changes has been stored.
  const planWanted = () => planNewImages({ ...input, config: only ?? config, dibImages, images });
  const launches = input.accepting ? part("launches for images", planWorkers, NO_LAUNCHES) : NO_LAUNCHES;
  const wanted = input.accepting ? part("new images", planWanted, NOTHING_NEW) : NOTHING_NEW;
  return {
    dibChanges: dibImages.flatMap((previous, at) => changeOf(previous, dibPlans[at]!.next)),
    changes: images.flatMap((previous, at) => {
      const { next } = plans[at]!;
      return changeOf(previous, next && waitingForLaunch(next, launches, now));
    }),
    wanted,
    launches,
    actions: [...dibPlans, ...plans].flatMap(({ action }) => action ?? []),
    defects: apart.defects,
    until: earliest([...dibPlans, ...plans, dibRetention, retention, wanted].map((plan) => plan.until)),
  };
}

interface Round extends ImagesInput {
  readonly world: ImageWorld;
  /** Ids of those that retention no longer keeps. */
  readonly expired: { readonly dib: ReadonlySet<number>; readonly provider: ReadonlySet<number> };
}

function planDib(image: DibImage, round: Round) {
  return followLadder<DibImage, DibEvent, ImageAction>(image, {
    now: round.now,
    describe: describeImageAction,
    next: (record) => leftOrExpired(record, round, round.expired.dib) ?? planDibImage(record, round.world),
    change: (record, event) => transitionDib(record, event, round.now),
  });
}

function planOne(image: ProviderImage, round: Round) {
  const { world, now } = round;
  const seen = round.seen.get(image.provider);
  const expired = (seen?.frozen ?? null) === null ? round.expired.provider : NONE_EXPIRED.expired;
  return followLadder<ProviderImage, ImageEvent, ImageAction>(image, {
    now,
    describe: describeImageAction,
    next: (record) => leftOrExpired(record, round, expired) ?? planProviderImage(record, { world, seen }),
    change: (record, event) => transitionImage(record, event, now),
  });
}

/** The step of a record that stays as it is because only others are to be moved, or that is ready and no longer kept. */
function leftOrExpired(
  record: DibImage | ProviderImage,
  { only = null }: ImagesInput,
  expired: ReadonlySet<number>,
) {
  if (only !== null && !isConfigured(record, only)) return { do: "leave" } as const;
  if (record.state.phase !== "ready" || !expired.has(record.id)) return null;
  return change({ type: "delete", by: "retention", comment: "neither the newest nor the one before it" });
}

function isConfigured(record: DibImage | ProviderImage, { diskimages, providers }: Config): boolean {
  if ("name" in record) return diskimages.some(({ name }) => name === record.name);
  return providers.some(({ name, images }) =>
    name === record.provider && images.some((image) => image.name === record.image)
  );
}

const NONE_EXPIRED: Retention = { expired: new Set(), until: null };
const NO_LAUNCHES: ImageLaunches = { launches: [], waits: new Map(), reserved: new Map() };
const NOTHING_NEW: NewImages = { builds: [], images: [], orders: [], until: null };

function worldOf(
  input: ImagesInput & {
    dibImages: readonly DibImage[];
    images: readonly ProviderImage[];
    nodes: NodeIndex;
  },
): ImageWorld {
  const workers = [...input.nodes.workers];
  const booting = [...input.nodes.providers.values()].flatMap(({ unsettled }) =>
    [...unsettled.values()].filter(({ state }) => state.phase === "create" || state.phase === "boot")
  );
  return {
    now: input.now,
    config: input.config,
    dibImages: new Map(input.dibImages.map((image) => [image.id, image])),
    images: input.images,
    nodes: new Map(workers.map((node) => [node.id, node])),
    workers: Map.groupBy(workers, ({ providerImageId }) => providerImageId!),
    booting: new Set(booting.map(({ provider, imageId }) => `${provider} ${imageId}`)),
    isRunning: input.isRunning,
    building: input.making.uploads,
    places: input.places ?? thisProcess,
    faults: input.faults,
    accepting: input.accepting,
  };
}

function waitingForLaunch(image: ProviderImage, { waits }: ImageLaunches, now: Instant): ProviderImage {
  const reason = waits.get(image.id);
  if (reason === undefined) return image;
  return waitingFor(image, { reason, change: (record, event) => transitionImage(record, event, now) });
}

function changeOf<Entity>(previous: Entity, next: Entity | null): RecordChange<Entity>[] {
  return next === previous ? [] : [{ previous, next }];
}
