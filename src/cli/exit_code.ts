/** The exit codes of the program. */
export const ExitCode = {
  done: 0,
  failed: 1,
  /** Wrong arguments, or a configuration that cannot be used. */
  usage: 2,
  /** The daemon is needed and does not run; or one runs that a second would get in the way of. */
  noDaemon: 3,
  /** The daemon can write its state no more; a service manager starts it again. */
  stateLost: 70,
} as const;
