/** The daemon's own settings, but for where its state is. */
import type { ConfigDraft } from "../validate_tree.ts";
import type { Findings } from "./check_source.ts";

export function checkService(draft: ConfigDraft, findings: Findings): void {
  if (draft.dburi !== undefined) {
    findings.notice(["dburi"], "has no effect: the key `state` says where the state is");
  }
}
