/** The daemon's own settings. */
import type { ConfigDraft } from "../validate_tree.ts";
import type { Findings } from "./check_source.ts";

export function checkService(draft: ConfigDraft, findings: Findings): void {
  if (draft.state !== undefined && /^[a-z]+:\/\//i.test(draft.state)) {
    findings.error(
      ["state"],
      "a state on another machine is not supported; give the path of a file",
    );
  }
  if (draft.dburi !== undefined) {
    findings.notice(["dburi"], "has no effect: the state is a file (key `state`)");
  }
}
