/** Orders of images: which of them a command means, and how they ended. */
import type { Config, ProviderConfig } from "../domain/config.ts";
import type { ImageOrder } from "../domain/image_order.ts";
import type { OrderName } from "../domain/order_book.ts";
import type { Instant } from "../domain/time.ts";
import { distinctOrders, findDiskimage, type ImageUse, imageUses, orderNames } from "../domain/image_uses.ts";
import type { Ledger } from "../store/ledger.ts";
import { orderKey } from "../domain/pair_key.ts";
import { placeImageOrders } from "../rules/record_image.ts";
import { ControlError, notConfigured } from "./control_error.ts";
import type { StatePool } from "./operated_pool.ts";
import type { OrderOutcome, OrderSpec, PlacedOrders } from "./operations/image_operations.ts";

/**
 * Writes the orders down that a command means.
 * @throws ControlError for what the configuration does not have, or has paused
 */
export async function placeOrders(
  spec: OrderSpec,
  { ledger, clock, config }: Pick<StatePool, "ledger" | "clock" | "config">,
): Promise<PlacedOrders> {
  const names = resolve(spec, config);
  const at = clock.now();
  if (spec.kind === "upload") requireBuilds(names, { ledger, config });
  const builtSince = spec.kind === "upload" ? null : at;
  await ledger.edit((edit) => placeImageOrders(edit, names, { at, builtSince }));
  return { at, orders: names };
}

function resolve(spec: OrderSpec, config: Config): readonly OrderName[] {
  if (spec.kind === "build") return [resolveBuild(spec.image, config)];
  const uses = findUses(spec, config);
  const paused = uses.find(({ image }) => image.pause);
  if (paused !== undefined) {
    throw new ControlError(409, `image ${paused.image.name} of ${paused.provider.name} is paused`);
  }
  if (spec.kind === "upload") {
    const uploads = uses.filter(({ image }) => image.diskimage !== null);
    if (uploads.length === 0) {
      throw new ControlError(409, `image ${spec.image} is not uploaded but snapshotted: use image-update`);
    }
    return uploads.map(({ provider, image }) => ({ provider: provider.name, image: image.name }));
  }
  for (const { image } of uses) {
    if (image.diskimage !== null) resolveBuild(image.diskimage, config);
  }
  return distinctOrders(uses.flatMap(orderNames));
}

function resolveBuild(name: string, config: Config): OrderName {
  const diskimage = findDiskimage(config, name);
  if (diskimage === null) throw notConfigured(name, { kind: "diskimage", known: config.diskimages });
  if (diskimage.pause) throw new ControlError(409, `diskimage ${name} is paused`);
  return { provider: null, image: name };
}

function findUses({ provider, image }: OrderSpec, config: Config): readonly ImageUse[] {
  const known = config.providers.find(({ name }) => name === provider);
  if (provider !== null && known === undefined) {
    throw notConfigured(provider, { kind: "provider", known: config.providers });
  }
  if ((known?.maxServers ?? 0) < 0) {
    throw new ControlError(409, `provider ${provider} is retired: its max-servers is -1`);
  }
  const isWanted = ({ name, maxServers }: ProviderConfig) =>
    maxServers >= 0 && (provider === null || name === provider);
  const all = imageUses(config).filter((use) => isWanted(use.provider));
  const fitting = all.filter((use) => use.image.name === image || use.image.diskimage === image);
  if (fitting.length > 0) return fitting;
  const where = provider === null ? "any provider" : provider;
  if (config.providers.some((one) => isWanted(one) && one.images.some(({ name }) => name === image))) {
    throw new ControlError(
      409,
      `image ${image}${
        provider === null ? "" : ` of ${provider}`
      } is used as it is on the cloud: nothing is built or uploaded for it`,
    );
  }
  const names = [...new Set(all.map((use) => use.image.name))].join(", ") || "none";
  throw new ControlError(404, `no image ${image} for ${where}; known: ${names}`);
}

function requireBuilds(
  names: readonly OrderName[],
  { ledger, config }: Pick<StatePool, "ledger" | "config">,
) {
  for (const { provider, image } of names) {
    const use = config.providers.find(({ name }) => name === provider)?.images
      .find(({ name }) => name === image);
    const isBuilt = [...ledger.dibImages.values()].some(({ name, state }) =>
      name === use?.diskimage && state.phase === "ready"
    );
    if (!isBuilt) {
      throw new ControlError(
        409,
        `there is no ready build of ${use?.diskimage}: use image-build or image-update`,
      );
    }
  }
}

/** Resolves when each of the orders has been filled, has failed once, or is no longer wanted; rejects on abort. */
export function waitForOrders(
  { at, orders }: PlacedOrders,
  { ledger, signal }: { ledger: Ledger; signal: AbortSignal },
): Promise<readonly OrderOutcome[]> {
  const look = () => {
    const outcomes = orders.map((name) =>
      outcomeOf(name, ledger.orders.get(orderKey(name.provider, name.image)), at)
    );
    return outcomes.every((outcome) => outcome !== null) ? outcomes : null;
  };
  return ledger.until(look, { signal });
}

/** null: it is still being worked on. */
function outcomeOf(name: OrderName, order: ImageOrder | undefined, at: Instant): OrderOutcome | null {
  if ((order?.lastFailureAt ?? -Infinity) >= at) {
    return { ...name, ok: false, message: order?.lastError ?? "it failed" };
  }
  if (order !== undefined && order.orderedAt !== null) return null;
  if ((order?.doneAt ?? -Infinity) >= at) return { ...name, ok: true, message: "ready" };
  return { ...name, ok: false, message: "no longer wanted" };
}
