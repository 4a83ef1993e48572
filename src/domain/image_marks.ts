/**
 * The marks that make an image on a cloud ours: properties that name installation, record and name. A server that
 * somebody boots from it and snapshots hands them on, so the name must fit too: a copy has another.
 */
import { ANY_LINEAGE, type Lineage } from "./lineage.ts";
import { isRecordId } from "./record_id.ts";
import { INSTALLATION_KEY, RUN_KEY } from "./server_marks.ts";

const PROVIDER_KEY = "nodepool_provider";
const IMAGE_ID_KEY = "nodepool_image_id";
const NAME_KEY = "nodepool_image_name";

interface ImageMarks {
  readonly installation: string;
  readonly provider: string;
  /** The provider image's record. */
  readonly imageId: number;
  /** The run in which that id was given out; left out or null: before runs were recorded. */
  readonly run?: string | null;
  /** The image's name on the cloud. */
  readonly name: string;
}

/** The properties that an image is made with; the image's own entries never displace the marks. */
export function imageProperties(
  marks: ImageMarks,
  meta: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { run = null } = marks;
  return {
    ...meta,
    [INSTALLATION_KEY]: marks.installation,
    [PROVIDER_KEY]: marks.provider,
    [IMAGE_ID_KEY]: String(marks.imageId),
    [NAME_KEY]: marks.name,
    ...(run === null ? {} : { [RUN_KEY]: run }),
  };
}

/** The record's id on an image that this installation made through that provider; null: it is not ours. */
export function markedImageId(
  image: { readonly name: string; readonly properties: Readonly<Record<string, string>> },
  { installation, provider, lineage = ANY_LINEAGE }:
    & Pick<ImageMarks, "installation" | "provider">
    & { readonly lineage?: Lineage },
): number | null {
  const { properties } = image;
  const isOurs = properties[INSTALLATION_KEY] === installation && properties[PROVIDER_KEY] === provider &&
    properties[NAME_KEY] === image.name;
  const mark = { id: Number(properties[IMAGE_ID_KEY]), run: properties[RUN_KEY] ?? null };
  return isOurs && isRecordId(mark.id) && lineage.owns("image", mark) ? mark.id : null;
}

/** The name of the keypair that is made for one snapshot. */
export function keypairName(installation: string, imageId: number): string {
  return `nodepool-${installation}-${imageId}`;
}

/** The record that a keypair of this installation was made for; null: it is not ours. */
export function keypairImageId(name: string, installation: string): number | null {
  const prefix = `nodepool-${installation}-`;
  const id = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  return /^[1-9]\d*$/.test(id) && isRecordId(Number(id)) ? Number(id) : null;
}
