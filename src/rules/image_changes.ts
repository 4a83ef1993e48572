/** Stores what a plan of images changes: records, orders that age places, new images, and nodes launched for images. */
import { buildLogFile, buildPath } from "../domain/build_path.ts";
import type { DibImage } from "../domain/dib_image.ts";
import { nameFields } from "../domain/name_fields.ts";
import { fillTemplate } from "../domain/template.ts";
import { transitionImage } from "../domain/image_transition.ts";
import { type ProviderImage, untouchedSince } from "../domain/provider_image.ts";
import { type Instant, SECOND } from "../domain/time.ts";
import { placeImageOrders, recordDibImage, recordImage } from "./record_image.ts";
import type { ImageLaunch } from "../plan/images/plan_image_launches.ts";
import type { ImagePlan } from "../plan/images/plan_images.ts";
import type { NewImage, NewImages } from "../plan/images/plan_new_images.ts";
import { newImageNode } from "../plan/new_node.ts";
import { type StoringTurn, zoneFor } from "./node_launches.ts";

interface Now extends StoringTurn {
  readonly now: Instant;
}

export async function storeImages(
  { dibChanges, changes, wanted, launches }: ImagePlan,
  turn: StoringTurn,
): Promise<void> {
  const { edits, ledger, clock } = turn;
  const now = clock.now();
  await edits.all([
    ...dibChanges.map(({ previous, next }) => ({
      of: { kind: "dib image", id: previous.id } as const,
      store: () =>
        ledger.edit((edit) => {
          if (edit.dibImage(previous.id) === previous) recordDibImage(edit, { previous, next, now });
        }),
    })),
    ...changes.map(({ previous, next }) => ({
      of: { kind: "image", id: previous.id } as const,
      store: () =>
        ledger.edit((edit) => {
          if (edit.image(previous.id) === previous) recordImage(edit, { previous, next, now });
        }),
    })),
  ]);
  const { orders } = wanted;
  await edits.all(
    orders.length === 0 ? [] : [{
      of: { kind: "plan of", id: "rebuilds" },
      store: () => ledger.edit((edit) => placeImageOrders(edit, orders, { at: now })),
    }],
  );
  await addBuilds(wanted, { ...turn, now });
  await addImages(wanted, { ...turn, now });
  await edits.all(launches.launches.map((launch) => ({
    of: { kind: "image", id: launch.forImage.id },
    store: () => storeLaunch(launch, { ...turn, now }),
  })));
}

async function addBuilds(
  { builds }: NewImages,
  { config: { imagesDir, buildLogDir }, edits, ledger, now }: Now,
): Promise<void> {
  if (builds.length === 0) return;
  const firstId = await ledger.takeIds("dib-image", builds.length);
  const known = [...ledger.dibImages.values()];
  const records = builds.map(({ name, formats }, index): DibImage => {
    const version = nextVersion(known.filter((image) => image.name === name), now);
    return {
      revision: 0,
      id: firstId + index,
      name,
      version,
      state: { phase: "build", startedAt: null },
      path: buildPath(imagesDir, { name, version }),
      formats,
      logFile: buildLogFile(buildLogDir, { name, version }),
      stateSince: now,
      waitingOn: { reason: "worker", message: "a free build worker", since: now },
      retryAt: null,
      attempt: 0,
      comment: null,
      deletedBy: null,
      evidence: null,
    };
  });
  await edits.all(records.map((record) => ({
    of: { kind: "dib image", id: record.name },
    store: () => ledger.edit((edit) => edit.putDibImage(record)),
  })));
}

async function addImages({ images }: NewImages, { edits, ledger, now }: Now): Promise<void> {
  if (images.length === 0) return;
  const firstId = await ledger.takeIds("image", images.length);
  const known = [...ledger.images.values()];
  await edits.all(images.map((image, index) => ({
    of: { kind: "image", id: `${image.image.name} on ${image.provider.name}` },
    store: () => {
      const version = nextVersion(ofSame(image, known), now);
      const record = newProviderImage(image, { id: firstId + index, version, now });
      return ledger.edit((edit) => edit.putImage(record));
    },
  })));
}

/** The node and the image that it is for know of each other from the same moment on. */
async function storeLaunch(launch: ImageLaunch, { ledger, random, now }: Now): Promise<void> {
  const id = await ledger.takeIds("node", 1);
  const node = newImageNode(launch, { id, zone: zoneFor(launch, random), now });
  await ledger.edit((edit) => {
    const image = edit.image(launch.forImage.id);
    const waits = image?.state.phase === "server" || image?.state.phase === "check";
    if (image === null || !waits || image.state.nodeId !== null) return;
    edit.putNode(node);
    const next = transitionImage(image, { type: "launched", nodeId: id }, now);
    recordImage(edit, { previous: image, next, now });
  });
}

/** Unix time in seconds, or one more than the newest: no two may share it. */
function nextVersion(known: readonly { readonly version: number }[], now: Instant): number {
  return Math.max(Math.floor(now / SECOND), ...known.map(({ version }) => version + 1));
}

function ofSame({ provider, image }: NewImage, known: readonly ProviderImage[]): ProviderImage[] {
  return known.filter((one) => one.provider === provider.name && one.image === image.name);
}

function newProviderImage(
  wish: NewImage,
  { id, version, now }: { id: number; version: number; now: Instant },
): ProviderImage {
  const { provider, image } = wish;
  const isUpload = wish.type === "upload";
  return {
    revision: 0,
    id,
    provider: provider.name,
    image: image.name,
    version,
    source: isUpload
      ? {
        type: "upload",
        diskimage: wish.build.name,
        dibImageId: wish.build.id,
        dibVersion: wish.build.version,
        format: wish.format,
      }
      : { type: "snapshot", setup: wish.setup },
    hostname: fillTemplate(
      provider.templateHostname,
      nameFields({ provider, image, timestamp: version }),
    ),
    state: isUpload
      ? { phase: "create", sentAt: null, lostAt: null }
      // Who brings a keypair along logs in with the image's own private key.
      : image.keypair === null
      ? { phase: "keypair" }
      : { phase: "server", nodeId: null },
    ...untouchedSince(now),
  };
}
