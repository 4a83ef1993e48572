/** The command line of a build: pure. */
import type { BuildJob } from "./builder.ts";

/** The arguments of `disk-image-create`. Old clouds read no newer qcow2 than 0.10. */
export function buildArguments({ path, formats, elements }: BuildJob): readonly string[] {
  const qcow2 = formats.includes("qcow2") ? ["--qemu-img-options", "compat=0.10"] : [];
  return ["-x", "-t", formats.join(","), "--no-tmpfs", ...qcow2, "-o", path, ...elements];
}
