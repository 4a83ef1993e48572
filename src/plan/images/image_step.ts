/** The decisions of the ladder of an image's phase: as for nodes (`../node_step.ts`), with the events of images. */
import type { BuildPlaces } from "../../domain/build_places.ts";
import type { ProviderImageConfig } from "../../domain/config.ts";
import type { DibEvent } from "../../domain/dib_transition.ts";
import type { DibImage } from "../../domain/dib_image.ts";
import type { ImageEvent } from "../../domain/image_transition.ts";
import type { NodeRecord } from "../../domain/node.ts";
import type { Observation } from "../../domain/observation.ts";
import type { ProviderImage, ProviderImagePhase, ProviderImageState } from "../../domain/provider_image.ts";
import type { Step } from "../follow_ladder.ts";
import type { ImageAction } from "./image_action.ts";
import type { ImagesInput } from "./plan_images.ts";

export type DibStep = Step<DibEvent, ImageAction>;
export type ImageStep = Step<ImageEvent, ImageAction>;

/** The facts that both kinds of ladders may look at. */
export interface ImageWorld extends Pick<ImagesInput, "now" | "config" | "isRunning" | "accepting"> {
  readonly dibImages: ReadonlyMap<number, DibImage>;
  readonly images: readonly ProviderImage[];
  readonly nodes: ReadonlyMap<number, NodeRecord>;
  /** Which servers there are for images, by the image's id. */
  readonly workers: ReadonlyMap<number, readonly NodeRecord[]>;
  /** Images on clouds that a launch in flight was asked for with, by provider and external id. */
  readonly booting: ReadonlySet<string>;
  /** Whether diskimages are built and uploaded. */
  readonly building: boolean;
  /** Where that is done. */
  readonly places: BuildPlaces;
  /** By path: why a folder with builds is of no use; left out: all are in their place. */
  readonly faults?: ReadonlyMap<string, string>;
}

/** The facts that a phase's ladder may look at. */
export interface ImageSituation<Phase extends ProviderImagePhase = ProviderImagePhase> {
  readonly image: ProviderImage;
  readonly state: Extract<ProviderImageState, { phase: Phase }>;
  readonly world: ImageWorld;
  /** null: the configuration no longer has an image of that name that is made here. */
  readonly use: ProviderImageConfig | null;
  readonly seen: Observation;
}
