/** Decides what happens next with one provider image. Pure; `planImages` calls it for every one in every planning. */
import { isMade } from "../../domain/config.ts";
import type { Observation } from "../../domain/observation.ts";
import { imageStateName, type ProviderImage, type ProviderImagePhase } from "../../domain/provider_image.ts";
import { DAY } from "../../domain/time.ts";
import type { ImageSituation, ImageStep, ImageWorld } from "./image_step.ts";
import { planDelete } from "./phases/delete.ts";
import { planCheck, planKeypair, planServer, planSetup, planSnapshot } from "./phases/on_server.ts";
import { planImageReady, planSaving } from "./phases/saving.ts";
import { planImageCreate, planUpload } from "./phases/upload.ts";
import { change, wait } from "../follow_ladder.ts";

const ladders: { readonly [Phase in ProviderImagePhase]: (situation: ImageSituation<Phase>) => ImageStep } = {
  create: planImageCreate,
  upload: planUpload,
  keypair: planKeypair,
  server: planServer,
  setup: planSetup,
  snapshot: planSnapshot,
  saving: planSaving,
  check: planCheck,
  ready: planImageReady,
  delete: planDelete,
  gone: planGone,
};

/** How long a record is kept to know a late leak by. */
const REMEMBERED = 1 * DAY;

/** @param seen undefined: the provider has not been asked yet */
export function planProviderImage(
  image: ProviderImage,
  { world, seen }: { world: ImageWorld; seen: Observation | undefined },
): ImageStep {
  if (image.state.phase === "gone") return planGone({ image, world });
  const provider = world.config.providers.find(({ name }) => name === image.provider);
  if (provider === undefined) {
    const message = `provider ${image.provider} is not in the configuration; add it back to have the image ` +
      "deleted there";
    return wait("provider", message);
  }
  if (seen !== undefined && seen.frozen !== null) return planFrozen(image, seen.frozen);
  const use = provider.images.find((one) => one.name === image.image && isMade(one)) ?? null;
  const unwanted = whyUnwanted(image, { isConfigured: use !== null, isRetired: provider.maxServers < 0 });
  if (unwanted !== null) {
    return change({ type: "delete", by: "configuration", comment: unwanted });
  }
  if (seen === undefined) return { do: isForLaunches(image) ? "leave" : "stay" };
  const ladder = ladders[image.state.phase] as (situation: ImageSituation) => ImageStep;
  return ladder({ image, state: image.state, world, use, seen });
}

/** Whether it waits for its server: the launches of servers report on it. */
function isForLaunches({ state }: ProviderImage): boolean {
  return "nodeId" in state && state.nodeId === null;
}

/** Nothing is done there. */
function planFrozen(image: ProviderImage, message: string): ImageStep {
  if (image.state.phase === "ready") return { do: "stay" };
  if (isForLaunches(image)) return { do: "leave" };
  return wait("provider", message);
}

function whyUnwanted(
  image: ProviderImage,
  { isConfigured, isRetired }: { isConfigured: boolean; isRetired: boolean },
): string | null {
  const state = imageStateName(image);
  if (state === "delete") return null;
  if (!isConfigured) return `the configuration no longer has image ${image.image} for ${image.provider}`;
  return isRetired && state === "building" ? `${image.provider} is retired: its max-servers is -1` : null;
}

function planGone({ image, world }: Pick<ImageSituation, "image" | "world">): ImageStep {
  const until = image.phaseSince + REMEMBERED;
  return world.now >= until ? { do: "end" } : { do: "stay", until };
}
