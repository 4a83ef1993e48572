/** The demonstration's image: built by the daemon, uploaded to both clouds, booted from, and rebuilt. */
import type { ImageListView } from "../../src/views/image_lists.ts";
import type { NodeDetailsView } from "../../src/views/node_details.ts";
import { check, heading } from "./narrate.ts";
import type { DemoPool } from "./pool.ts";

/** Image by provider, as the cloud knows it: what servers are booted from now. */
async function currentImages(pool: DemoPool): Promise<ReadonlyMap<string, string | null>> {
  const { images } = JSON.parse(await pool.must("image-list", "-o", "json")) as ImageListView;
  return new Map(
    images.filter(({ current }) => current).map(({ provider, image_id }) => [provider, image_id]),
  );
}

export async function showFirstImage(pool: DemoPool, clouds: number): Promise<void> {
  await pool.until("the image is on the clouds", async () => (await currentImages(pool)).size === clouds);
  await pool.show("dib-image-list");
  await pool.show("image-list");
}

/** The newest ready node of the image's label has been booted from what is its provider's current image. */
export async function checkBootedFromCurrent(pool: DemoPool): Promise<void> {
  const nodes = (await pool.nodes()).filter(({ state, label }) =>
    state === "ready" && label === "debian-small"
  );
  const newest = nodes.toSorted((a, b) => b.id - a.id)[0];
  check(newest !== undefined, "a node is ready");
  const response = await fetch(`${pool.statusUrl}/nodes/${newest!.id}?format=json`, { signal: pool.signal });
  const { node } = await response.json() as NodeDetailsView;
  const current = (await currentImages(pool)).get(newest!.provider);
  console.log(`${newest!.hostname} was booted from image ${node.image_id}`);
  check(node.image_id === current, `that is the current image of ${newest!.provider}, ${current}`);
}

export async function rotateImage(pool: DemoPool): Promise<void> {
  heading(
    "The image is rebuilt: built, uploaded to both clouds, used from then on; the previous one is kept",
  );
  const before = await currentImages(pool);
  await pool.show("image-update", "all", "debian");
  await pool.show("image-list");
  const after = await currentImages(pool);
  const isNew = [...after].every(([provider, image]) => image !== null && image !== before.get(provider));
  check(after.size === before.size && isNew, "every cloud has a new image");
}
