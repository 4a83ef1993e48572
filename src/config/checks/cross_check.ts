/** Everything that no single key can show: names that refer to others, cron expressions, files on the disk. */
import { templateFields } from "../../domain/template.ts";
import { didYouMean } from "../../lib/nearest_name.ts";
import { fileProblem } from "../read_text.ts";
import type { SecureFile } from "../secure_file.ts";
import type { ConfigDraft } from "../validate_tree.ts";
import { checkCapacity } from "./check_capacity.ts";
import { checkCron } from "./check_cron.ts";
import { checkDiskimages } from "./check_diskimages.ts";
import { checkFiles } from "./check_files.ts";
import { checkKeys } from "./check_keys.ts";
import { checkLabels } from "./check_labels.ts";
import { checkProviders } from "./check_providers.ts";
import { type CheckSource, Findings } from "./check_source.ts";
import { checkStatePlace } from "./check_state_place.ts";

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

/** Names are unique where something refers by them. */
function checkNames(draft: ConfigDraft, findings: Findings): void {
  for (const kind of ["labels", "providers", "diskimages", "targets"] as const) {
    refuseRepeated(draft[kind] ?? [], { kind: kind.slice(0, -1), findings: findings.at(kind) });
  }
  draft.providers?.forEach(({ images }, index) => {
    refuseRepeated(images ?? [], { kind: "image", findings: findings.at("providers", index, "images") });
  });
}

function refuseRepeated(
  items: readonly { readonly name?: string }[],
  { kind, findings }: { kind: string; findings: Findings },
): void {
  const first = new Map<string, number>();
  items.forEach(({ name }, index) => {
    if (name === undefined) return;
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, index);
    else findings.error([index, "name"], `"${name}" is already the name of ${kind} number ${earlier + 1}`);
  });
}

/** Targets give every node a name of its own, and the secrets file names targets that exist. */
function checkTargets(
  { targets = [] }: ConfigDraft,
  { secrets, findings }: { secrets: SecureFile; findings: Findings },
): void {
  targets.forEach((target, index) => {
    for (const [key, field] of [["hostname", "node_id"], ["subnode-hostname", "subnode_id"]] as const) {
      if (target[key] !== undefined && !templateFields(target[key]).includes(field)) {
        findings.warning(["targets", index, key], `without {${field}} several nodes get the same name`);
      }
    }
  });
  const names = targets.length === 0 ? ["default"] : targets.map(({ name }) => name);
  for (const [target, line] of secrets.lines) {
    if (names.includes(target) || names.includes(undefined)) continue;
    const message = `there is no target "${target}"${
      didYouMean(target, names.flatMap((name) => name ?? []))
    }`;
    findings.warnings.push({ ...fileProblem(secrets.file ?? "", message), line, column: 1 });
  }
}
