/** Whether an opened state is the newest that was written at its place, held against its witness, in words for people. */
import type { Witnessed } from "./state_witness.ts";
import { copiesBeside, RESCUED } from "./copy_names.ts";

/** The condition of a state before this process wrote to it. */
export interface FoundState {
  readonly path: string;
  /** There was none: it was made just now. */
  readonly isMade: boolean;
  readonly installation: string;
  readonly commits: number;
}

/** Why what was found may not be the newest; null: it is. */
export function doubtOf(found: FoundState, last: Witnessed): string | null {
  if (found.isMade) return missingState(found.path, last);
  if (found.installation !== last.installation) {
    return `it belongs to installation ${found.installation}, the last one there to ${last.installation}`;
  }
  if (found.commits >= last.commits) return null;
  return `it ends with commit ${found.commits}, but commit ${last.commits} had been written: it was restored from a ` +
    "copy, or its write-ahead log was lost";
}

/** The problem of a database that holds nothing although something was written. */
export function emptiedProblem({ installation, commits }: Witnessed): string {
  return `the database is empty, but commit ${commits} of installation ${installation} had been written: its ` +
    "write-ahead log was lost";
}

function missingState(path: string, { installation }: Witnessed): string {
  const [copy] = copiesBeside(path, RESCUED);
  return `the file was missing or empty; the last state there belonged to installation ${installation}` +
    (copy === undefined ? "" : `, and a copy of it is ${copy}`);
}
