/** `diskimages[]`: what diskimage-builder builds. */
import type { DiskimageConfig } from "../../domain/config.ts";
import type * as v from "valibot";
import {
  described,
  duration,
  flag,
  former,
  list,
  maybe,
  nameText,
  optional,
  text,
  textMap,
} from "./fields.ts";
import { fieldsOf, section } from "./section.ts";

export const diskimageSection = section({
  name: described(nameText(), "Name that provider images refer to."),
  elements: list(text(), "diskimage-builder elements, in order."),
  release: maybe(text(), "Passed as DIB_RELEASE; may be a number."),
  "env-vars": described(textMap(), "Environment of the build."),
  formats: list(
    text("the name of a disk format"),
    "Formats to build besides those that the providers need, e.g. qcow2, raw, vhd.",
  ),
  pause: optional(flag(), false, "Keep existing builds, but make no new ones."),
  "build-timeout": optional(duration(), "8h", "How long a build may take."),
  "rebuild-age": optional(duration(), "1d", "When the newest build is older than this, make a new one."),
  "qemu-img-options": former("qcow2 files are made with compat=0.10"),
  parent: maybe(nameText(), "A diskimage whose elements, release and env-vars come first."),
});

type DiskimageSection = v.InferOutput<typeof diskimageSection>;

/** Formats are completed from the providers when all are known. */
export function diskimageConfig(
  diskimage: DiskimageSection,
  { providerFormats }: { providerFormats: readonly string[] },
): DiskimageConfig {
  const fields = fieldsOf(diskimageSection, diskimage);
  const formats = [...new Set([...fields.formats, ...providerFormats])];
  return { ...fields, formats: formats.length > 0 ? formats : ["qcow2"] };
}
