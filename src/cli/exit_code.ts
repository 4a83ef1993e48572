/** The exit codes of the program, and what they mean. */
export const ExitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  changes: 2,
  noDaemon: 3,
  held: 4,
  stateLost: 70,
  leadershipLost: 75,
} as const;

const meanings: Readonly<Record<keyof typeof ExitCode, string>> = {
  done: "done",
  failed: "failed, or some of several failed",
  usage: "wrong arguments, or a configuration that cannot be used",
  changes: "from plan: something would change (its errors all exit with 1)",
  noDaemon: "no daemon is running, or the running one must be stopped first",
  held: "the node was not released, since somebody holds it",
  stateLost: "the daemon can no longer write its state",
  leadershipLost: "the daemon no longer leads its pool; start it again as a standby",
};

/** The end of every help. */
export function describeExitCodes(): string {
  const lines = Object.entries(meanings).map(([name, meaning]) =>
    `  ${String(ExitCode[name as keyof typeof ExitCode]).padEnd(4)}${meaning}`
  );
  return `\nExit codes:\n${lines.join("\n")}`;
}
