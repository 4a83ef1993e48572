/** The errors that commands raise themselves; `reportError` turns them into a line and an exit code. */

/** The arguments do not make sense. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command needs a running daemon. */
export class NoDaemonError extends Error {
  override readonly name = "NoDaemonError";
}

/** Another process has what the daemon needs for itself. */
export class OtherDaemonError extends Error {
  override readonly name = "OtherDaemonError";
}

/** The daemon can no longer write its state. */
export class StateLostError extends Error {
  override readonly name = "StateLostError";
}

/** The user pressed Ctrl-C, or the process was told to end. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/** `--version` was given: what else stands there is not looked at. */
export class VersionRequest extends Error {
  override readonly name = "VersionRequest";
}
