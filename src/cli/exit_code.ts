/** The exit codes of the program. */
export const ExitCode = {
  done: 0,
  failed: 1,
  /** Wrong arguments, or a configuration that cannot be used. */
  usage: 2,
  /** Of `plan`, which ends with 1 for all that is wrong: the configuration would change something. */
  changes: 2,
  /** The daemon is needed and does not run; or one runs that a second would get in the way of. */
  noDaemon: 3,
  /** Of `release`: a node stays, since somebody holds it. */
  held: 4,
  /** The daemon can no longer write its state; a service manager starts it again. */
  stateLost: 70,
  /** The daemon no longer leads its pool; a service manager starts it again, as a standby. */
  leadershipLost: 75,
} as const;

/** For people. */
const meanings: Readonly<Record<keyof typeof ExitCode, string>> = {
  done: "done",
  failed: "failed, or some of several failed",
  usage: "wrong arguments, or a configuration that cannot be used",
  changes: "from plan, whose errors all exit with 1: something would change",
  noDaemon: "no daemon is running, or one is running that this would disturb",
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
