/** Whether a place that ready nodes are handed to takes any now. */
export type TargetState =
  | { readonly online: true }
  /** It gets no new nodes, for this reason. */
  | { readonly online: false; readonly reason: string };
