/** Warns of clouds.yaml and secure.yaml that hold secrets and that every user may read. */
import type { Findings } from "../checks/check_source.ts";
import type { Environment } from "../environment.ts";
import { fileProblem } from "../read_text.ts";
import { readableByOthers } from "../readable_by_others.ts";
import { isSecretOption } from "./auth_options.ts";
import type { CloudFiles } from "./cloud_files.ts";
import { isSettings } from "./settings.ts";

export async function warnOfExposedFiles(
  files: CloudFiles,
  { findings, environment, signal }: { findings: Findings; environment: Environment; signal?: AbortSignal },
): Promise<void> {
  for (const file of [files.clouds, files.secure]) {
    if (file === null || !holdsSecret(file.settings)) continue;
    if (!await readableByOthers(file.path, { environment, signal })) continue;
    const message = "holds secrets and is readable by every user; run chmod o-rwx on it";
    findings.warnings.push(fileProblem(file.path, message));
  }
}

function holdsSecret(value: unknown): boolean {
  if (!isSettings(value)) return false;
  return Object.entries(value).some(([key, inner]) =>
    isSecretOption(key) && inner !== null || holdsSecret(inner)
  );
}
