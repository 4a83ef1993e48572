/**
 * The marks that make an image on a cloud ours: properties that name installation, record and name. A server that
 * somebody boots from it and snapshots hands them on, so the name must fit too: a copy has another.
 */
import { INSTALLATION_KEY } from "./server_marks.ts";

const PROVIDER_KEY = "nodepool_provider";
const IMAGE_ID_KEY = "nodepool_image_id";
const NAME_KEY = "nodepool_image_name";

export interface ImageMarks {
  readonly installation: string;
  readonly provider: string;
  /** The provider image's record. */
  readonly imageId: number;
  /** The image's name on the cloud. */
  readonly name: string;
}

/** The properties that an image is made with; the image's own entries never displace the marks. */
export function imageProperties(
  marks: ImageMarks,
  meta: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    ...meta,
    [INSTALLATION_KEY]: marks.installation,
    [PROVIDER_KEY]: marks.provider,
    [IMAGE_ID_KEY]: String(marks.imageId),
    [NAME_KEY]: marks.name,
  };
}

/** The record's id on an image that this installation made through that provider; null: it is not ours. */
export function markedImageId(
  image: { readonly name: string; readonly properties: Readonly<Record<string, string>> },
  { installation, provider }: Pick<ImageMarks, "installation" | "provider">,
): number | null {
  const { properties } = image;
  const isOurs = properties[INSTALLATION_KEY] === installation && properties[PROVIDER_KEY] === provider &&
    properties[NAME_KEY] === image.name;
  const id = Number(properties[IMAGE_ID_KEY]);
  return isOurs && Number.isSafeInteger(id) && id > 0 ? id : null;
}

/** The name of the keypair that is made for one snapshot. */
export function keypairName(installation: string, imageId: number): string {
  return `nodepool-${installation}-${imageId}`;
}

/** The record that a keypair of this installation was made for; null: it is not ours. */
export function keypairImageId(name: string, installation: string): number | null {
  const prefix = `nodepool-${installation}-`;
  const id = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : null;
}
