/** Servers for images: one for each image that waits for one, never a second. */
import assert from "node:assert/strict";
import type { ProviderImage, ProviderImageState } from "../../../src/domain/provider_image.ts";
import { planImageLaunches } from "../../../src/plan/images/plan_image_launches.ts";
import { sampleImage } from "../../views/sample_images.ts";
import { config, node, NOW, provider, quota, seen, states } from "../plan_fixtures.ts";
import { prepared } from "./image_fixtures.ts";

const waiting: Readonly<Record<"builder" | "checker", ProviderImageState>> = {
  builder: { phase: "server", nodeId: null },
  checker: { phase: "check", externalId: "image-3", nodeId: null, startedAt: null },
};

function plan(
  images: readonly ProviderImage[],
  { maxServers = 10, instances = { limit: 9, used: 1 }, faults = new Map<string, string>() } = {},
) {
  return planImageLaunches({
    now: NOW,
    wallOffset: 0,
    config: config({
      scriptDir: "/scripts",
      providers: [provider({ name: "cloud-0" }), provider({ maxServers, images: [prepared()] })],
    }),
    faults,
    images,
    nodes: [node(states.ready)],
    seen: new Map([["cloud-a", seen({ quota: quota({ instances }) })]]),
  });
}

const launched = (...images: readonly ProviderImage[]) =>
  plan(images).launches.map(({ role, forImage, provider, imageId }) => [
    role,
    forImage.id,
    provider.name,
    imageId,
  ]);

Deno.test("an image that waits for a server gets one: a builder of its base image, a checker of itself", () => {
  const images = [
    sampleImage({ id: 3, state: waiting.builder }),
    sampleImage({ id: 4, state: waiting.checker }),
  ];
  assert.deepEqual(launched(...images).sort(), [
    ["builder", 3, "cloud-a", "i1"],
    ["checker", 4, "cloud-a", "image-3"],
  ]);
});

Deno.test("an image that has its server, pauses, or is at another point gets none", () => {
  const images: ProviderImage[] = [
    sampleImage({ id: 3, state: { phase: "server", nodeId: 7 } }),
    sampleImage({ id: 4, state: { ...waiting.checker, nodeId: 7 } as ProviderImageState }),
    sampleImage({ id: 5, state: waiting.builder, retryAt: NOW - 1 }),
    sampleImage({ id: 6, state: { phase: "keypair" } }),
    sampleImage({ id: 7, state: { phase: "snapshot", nodeId: 7, sentAt: null, lostAt: null } }),
    sampleImage({ id: 8, state: { phase: "ready", externalId: "image-8" } }),
    sampleImage({ id: 9, state: { phase: "gone" } }),
  ];
  assert.deepEqual(plan(images), { launches: [], waits: new Map(), reserved: new Map() });
});

Deno.test("an image that is not configured any more gets none, and its reservation neither", () => {
  for (
    const fields of [{ provider: "cloud-x" }, { image: "other" }, { provider: "cloud-0", image: "other" }]
  ) {
    const { launches, reserved } = plan([sampleImage({ id: 3, state: waiting.builder, ...fields })]);
    assert.deepEqual([launches, reserved], [[], new Map()]);
  }
});

Deno.test("a full provider still makes its images", () => {
  const images = [
    sampleImage({ id: 3, state: waiting.builder }),
    sampleImage({ id: 4, state: waiting.checker }),
  ];
  const { launches, reserved } = plan(images, { maxServers: 1 });
  assert.deepEqual([launches.length, reserved], [2, new Map()]);
});

Deno.test("an image without room in the quota waits with a reason, and the next place is kept for it", () => {
  const used = { limit: 1, used: 1 };
  const full = plan([sampleImage({ id: 3, state: waiting.builder })], { instances: used });
  assert.deepEqual([full.launches, full.reserved.get("cloud-a")?.length], [[], 1]);
  assert.match(full.waits.get(3)?.message ?? "", /quota full: instances 1\/1/);
});
