/**
 * Records of a state that was moved here name no builders: a build belongs to the builder that has its files. The desk
 * calls it.
 */
import { basename, dirname } from "node:path";
import type { DibImage } from "../domain/dib_image.ts";
import { transitionDib } from "../domain/dib_transition.ts";
import type { Clock } from "../lib/clock.ts";
import type { Ledger } from "../store/ledger.ts";
import type { BuilderReport } from "./builder_sync.ts";

export async function adoptFound(
  { id, host, imagesDir, found }: BuilderReport,
  { ledger, clock }: { ledger: Ledger; clock: Clock },
): Promise<void> {
  const names = new Set(found);
  const isFound = ({ builder, path }: DibImage) =>
    builder === undefined && dirname(path) === imagesDir && names.has(basename(path));
  const adopted = [...ledger.dibImages.values()].filter(isFound);
  if (adopted.length === 0) return;
  await ledger.edit((edit) => {
    for (const planned of adopted) {
      const image = edit.dibImage(planned.id);
      if (image === null || !isFound(image)) continue;
      edit.putDibImage(transitionDib(image, { type: "found", builder: { id, host } }, clock.now()));
    }
  });
}
