/** Whether the scripts are there that an image is prepared and proven with. */
import type { ProviderImageConfig } from "../../domain/config.ts";
import { filesOfImage } from "../../domain/local_files.ts";
import { failure, type Finding, ok } from "../finding.ts";
import type { Look } from "../look.ts";

export function checkScripts(image: ProviderImageConfig, { local }: Look): Finding[] {
  const about = { check: "script", subject: image.name } as const;
  const scripts = (["builder", "checker"] as const).flatMap((role) =>
    filesOfImage(image, { role, hasOwnKey: true, config: local })
  );
  return scripts.map((path) => {
    const fault = local.faults.get(path);
    return fault === undefined ? ok(about, path) : failure(about, fault);
  });
}
