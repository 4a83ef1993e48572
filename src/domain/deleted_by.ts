/** Who decided that a node or an image goes; its comment says why, in words. */

export const deciders = {
  /** Somebody, with a command. */
  user: 0,
  /** The end of its job, however that became known. */
  job: 0,
  /** Whoever asked for it went away. */
  client: 0,
  /** It came to nothing: its launch, its test, its making. */
  failure: 0,
  /** The cloud: it shows it gone, or in a state in which it is of no use. */
  cloud: 0,
  /** The cron `check`, which could not log in to it. */
  check: 0,
  /** A limit of the configuration on how long it may be there. */
  limit: 0,
  /** The configuration, which has no use for it any more. */
  configuration: 0,
  /** Newer ones have taken its place. */
  retention: 0,
  /** It belonged to something that is gone or done: a subnode's node, a builder's image, an upload's build. */
  owner: 0,
} as const;

export type DeletedBy = keyof typeof deciders;
