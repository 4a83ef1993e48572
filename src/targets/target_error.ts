/** The kinds of refusals that a target gives; the pool decides by them. */
export type TargetErrorKind =
  /** There is no such agent or job. */
  | "notFound"
  /** Wrong user or key, or a right that is missing. */
  | "unauthorized"
  /** A job that takes no builds. */
  | "conflict"
  /** Other refusals of what was asked for: asking again does not help. */
  | "badRequest"
  /** 5xx, no connection, or one that broke. */
  | "unavailable"
  /** No answer in time. */
  | "timeout"
  /** An answer that is not what the API documents. */
  | "badResponse";

/** A target's refusal, or its silence. The message names the action attempted, what was wrong and what to do. */
export class TargetError extends Error {
  override readonly name = "TargetError";
  /** HTTP status; null where there was no answer. */
  readonly status: number | null;

  /**
   * @param problem the problem and what to do: the message without the action
   * @param options `action`: what was attempted, e.g. `create agent node-12 on target ci`
   */
  constructor(readonly kind: TargetErrorKind, readonly problem: string, options: {
    action: string;
    status?: number | null;
    cause?: unknown;
  }) {
    super(
      `${options.action}: ${problem}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.status = options.status ?? null;
  }
}
