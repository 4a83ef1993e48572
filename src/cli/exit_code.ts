/** What the process tells its caller. */
export const ExitCode = {
  done: 0,
  failed: 1,
  /** Wrong arguments, or a configuration that cannot be used. */
  usage: 2,
  /** The daemon is needed and does not run. */
  noDaemon: 3,
} as const;
