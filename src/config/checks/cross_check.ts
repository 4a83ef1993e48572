/** Everything that no single key can show: names that refer to others, cron expressions, files on the disk. */
import type { SecureFile } from "../secure_file.ts";
import { checkCapacity } from "./check_capacity.ts";
import { checkCron } from "./check_cron.ts";
import { checkDiskimages } from "./check_diskimages.ts";
import { checkFiles } from "./check_files.ts";
import { checkKeys } from "./check_keys.ts";
import { checkLabels } from "./check_labels.ts";
import { checkNames } from "./check_names.ts";
import { checkProviders } from "./check_providers.ts";
import { type CheckSource, Findings } from "./check_source.ts";
import { checkStatePlace } from "./check_state_place.ts";
import { checkTargets } from "./check_targets.ts";

/** Each looks at the draft alone. */
const CHECKS = [
  checkNames,
  checkLabels,
  checkProviders,
  checkDiskimages,
  checkCapacity,
  checkCron,
];

export async function crossCheck(
  source: CheckSource,
  { secrets, byItself }: { secrets: SecureFile; byItself: boolean },
): Promise<Findings> {
  const findings = new Findings(source);
  for (const check of CHECKS) check(source.draft, findings);
  checkKeys(source.root, findings);
  checkTargets(source.draft, { secrets, findings });
  if (source.draft.dburi !== undefined) {
    findings.notice(["dburi"], "has no effect: the key `state` says where the state is");
  }
  await checkStatePlace(source, { secrets, findings });
  await checkFiles(source, { findings, byItself });
  return findings;
}
