/** Who decided that a node or an image goes; its comment says why, in words. */

export const deciders = [
  /** Somebody, with a command. */
  "user",
  /** The end of its job, however that became known. */
  "job",
  /** The client that asked for it went away. */
  "client",
  /** It came to nothing: its launch, its test, its making. */
  "failure",
  /** The cloud: it shows it gone, or in a state in which it is of no use. */
  "cloud",
  /** The cron `check`, which could not log in to it. */
  "check",
  /** A limit of the configuration on how long it may be there. */
  "limit",
  /** The configuration, which has no use for it any more. */
  "configuration",
  /** Newer ones have taken its place. */
  "retention",
  /** It belonged to something that is gone or done: a subnode's node, a builder's image, an upload's build. */
  "owner",
] as const;

export type DeletedBy = typeof deciders[number];
