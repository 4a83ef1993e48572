/**
 * Kinds of failure of a launch that metrics tell by name. In 2016 whatever a cloud's API threw was `unknown`; a full quota,
 * a full cloud and lost time are told apart. Pure.
 */

const KINDS = new Set([
  ...["auth", "capacity", "ipadd", "network", "nodepool", "quota", "script", "ssh", "status", "timeout"],
]);

/** @param kind of a node's evidence; null: it has none */
export function failureKind(kind: string | null): string {
  if (kind === "vanished") return "status";
  return kind !== null && KINDS.has(kind) ? kind : "unknown";
}
