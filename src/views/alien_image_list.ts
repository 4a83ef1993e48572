/** Images on the clouds that belong to the project and that the pool does not know. */
import * as v from "valibot";
import type { Moment } from "../domain/time.ts";
import { compareText, viewHead, viewSchema } from "./view_head.ts";
import { rows, string } from "./view_schema.ts";

const alienImageViewSchema = v.object({
  provider: string,
  name: string,
  image_id: string,
});
export type AlienImageView = v.InferOutput<typeof alienImageViewSchema>;

export const alienImageListViewSchema = viewSchema({
  aliens: rows(alienImageViewSchema),
  /** One for each provider that could not be asked. */
  warnings: rows(string),
});
export type AlienImageListView = v.InferOutput<typeof alienImageListViewSchema>;

/** Shows the images found, sorted by provider and name. */
export function viewAlienImageList(
  { images, warnings }: {
    images: readonly { provider: string; name: string; imageId: string }[];
    warnings: readonly string[];
  },
  moment: Moment,
): AlienImageListView {
  const aliens = images.map(({ provider, name, imageId }) => ({ provider, name, image_id: imageId }))
    .sort((left, right) =>
      compareText(left.provider, right.provider) || compareText(left.name, right.name) ||
      compareText(left.image_id, right.image_id)
    );
  return { ...viewHead(moment), aliens, warnings };
}
