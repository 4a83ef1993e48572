/** Targets must give every node its own name, and the secrets file must name targets that exist. */
import { templateFields } from "../../domain/template.ts";
import { didYouMean } from "../../lib/nearest_name.ts";
import { fileProblem } from "../read_text.ts";
import type { SecureFile } from "../secure_file.ts";
import type { ConfigDraft } from "../validate_tree.ts";
import type { Findings } from "./check_source.ts";

export function checkTargets(
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
