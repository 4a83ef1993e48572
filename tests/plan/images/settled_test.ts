/** What a plan of images leaves is at rest: planned again with nothing new, nothing of it changes. Else the tick has no end. */
import assert from "node:assert/strict";
import type { Observation } from "../../../src/domain/observation.ts";
import type { ProviderImage } from "../../../src/domain/provider_image.ts";
import { SECOND } from "../../../src/domain/time.ts";
import { everyImage } from "../../store/image_records.ts";
import { seen } from "../plan_fixtures.ts";
import { imagesConfig, imagesInput, planImages, prepared, sightings, uploaded } from "./image_fixtures.ts";

/** What is known of the provider. */
const situations: Readonly<
  Record<string, { providers?: readonly []; seen: ReadonlyMap<string, Observation> }>
> = {
  "has been listed": { seen: new Map([["cloud-a", seen({ images: sightings([]) })]]) },
  "has not been asked yet": { seen: new Map() },
  "is frozen": { seen: new Map([["cloud-a", seen({ frozen: "it is odd" })]]) },
  "is not in the configuration": { providers: [], seen: new Map() },
};

function assertSettles(image: ProviderImage, input: ReturnType<typeof imagesInput>): void {
  let images: readonly ProviderImage[] = [image];
  for (let turn = 0;; turn++) {
    const { changes } = planImages({ ...input, images, now: input.now + turn });
    if (changes.length === 0) return;
    assert.ok(turn < 5, `it changes again and again: ${JSON.stringify(changes.map(({ next }) => next))}`);
    images = images.flatMap((one) => changes.find(({ previous }) => previous === one)?.next ?? []);
  }
}

for (const [what, { seen, ...changed }] of Object.entries(situations)) {
  Deno.test(`an image of a provider that ${what} is settled after a few plans, whatever it is at`, () => {
    for (const use of [uploaded(), prepared(), prepared({ checkScript: "check.sh" })]) {
      const input = imagesInput({ config: imagesConfig(use, changed), seen });
      for (const record of everyImage()) {
        for (const retryAt of [null, input.now - SECOND, input.now + SECOND]) {
          assertSettles({ ...record, image: use.name, provider: "cloud-a", retryAt }, input);
        }
      }
    }
  });
}
