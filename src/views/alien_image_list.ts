/** Images on the clouds that belong to the project and that the pool does not know. */
import type { Moment } from "../domain/time.ts";
import { compareText, type ViewHead, viewHead } from "./view_head.ts";

export interface AlienImageListView extends ViewHead {
  readonly aliens: readonly AlienImageView[];
  /** One for each provider that could not be asked. */
  readonly warnings: readonly string[];
}

export interface AlienImageView {
  readonly provider: string;
  readonly name: string;
  readonly image_id: string;
}

/** What was found, sorted by provider and name. */
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
