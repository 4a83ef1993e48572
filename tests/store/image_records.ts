/** Records of images for the store's tests: one of each phase, by the types, so that none that is added is missed. */
import type { DibImage, DibImageState } from "../../src/domain/dib_image.ts";
import type { ImageOrder } from "../../src/domain/image_order.ts";
import type { ProviderImage, ProviderImageState } from "../../src/domain/provider_image.ts";
import { sampleDibImage, sampleImage, sampleOrder } from "../views/sample_images.ts";

const dibStates: {
  readonly [Phase in DibImageState["phase"]]: Extract<DibImageState, { phase: Phase }>;
} = {
  build: { phase: "build", startedAt: 5 },
  ready: { phase: "ready", files: [{ format: "raw", size: 2 ** 40, md5: "a", sha512: "b" }] },
  delete: { phase: "delete" },
};

const states: {
  readonly [Phase in ProviderImageState["phase"]]: Extract<ProviderImageState, { phase: Phase }>;
} = {
  create: { phase: "create", sentAt: 5, lostAt: null },
  upload: { phase: "upload", externalId: "x", startedAt: null },
  keypair: { phase: "keypair" },
  server: { phase: "server", nodeId: null },
  setup: { phase: "setup", nodeId: 7, startedAt: 5 },
  snapshot: { phase: "snapshot", nodeId: 7, sentAt: 5, lostAt: 6 },
  saving: { phase: "saving", externalId: "x" },
  check: { phase: "check", externalId: "x", nodeId: 7, startedAt: null },
  ready: { phase: "ready", externalId: "x" },
  delete: { phase: "delete", externalId: null, lostAt: 6, acceptedAt: null },
  gone: { phase: "gone" },
};

export function everyDibImage(): DibImage[] {
  const evidence = { at: 5, error: "e", kind: "exit", requestId: null, fault: null, console: "last lines" };
  const built = Object.values(dibStates).map((state, index) =>
    sampleDibImage({ id: index + 1, state, evidence })
  );
  const builder = { id: "0b5e3c1e-0000-4000-8000-000000000001", host: "build1" };
  return [...built, sampleDibImage({ id: built.length + 1, state: dibStates.ready, builder })];
}

export function everyImage(): ProviderImage[] {
  const keypair = { name: "k", publicKey: "p", privateKey: "s" };
  return Object.values(states).map((state, index) =>
    sampleImage({
      id: index + 1,
      state,
      keypair,
      waitingOn: { reason: "saving", message: "the image is queued", since: 5 },
      ...(index % 2 === 0 ? {} : { source: { type: "snapshot", setup: "x" } as const }),
    })
  );
}

export function everyOrder(): ImageOrder[] {
  return [
    sampleOrder(),
    sampleOrder({ provider: null, orderedAt: 5, builtSince: 5, doneAt: 6, doneVersion: 7 }),
    sampleOrder({ image: "jammy", failures: 3, until: 8, lastError: "no", lastFailureAt: 9 }),
  ];
}
