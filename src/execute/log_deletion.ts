/** One log line for each deletion on a cloud: what, for which record, who decided it and why, and the outcome. */
import { loggerOf } from "../lib/logging.ts";
import type { DeletionOrder, DeletionOwner, DeletionReport } from "./deletions.ts";

const logger = loggerOf("deletion");

export function logDeletion(report: DeletionReport): void {
  const { provider, order: { kind, id, name, of }, outcome } = report;
  const fields = { provider, kind, id, name: name ?? undefined, ...causeOf(of), outcome };
  const what = `provider {provider}: ${KINDS[kind]} {id}${name === null || name === id ? "" : " ({name})"}`;
  const whose = "node" in fields ? " of node {node}" : "image" in fields ? " of image {image}" : ", a leak,";
  const told = "message" in report ? { ...fields, message: report.message } : fields;
  switch (outcome) {
    case "accepted":
      return logger[of.type === "leak" ? "warning" : "info"](`${what}${whose} deleted: {reason}`, told);
    case "gone":
      return logger.debug(`${what}${whose} was already gone; it was to be deleted: {reason}`, told);
    case "failed":
      return logger.warning(`${what}${whose} cannot be deleted: {message}`, told);
    case "refused":
      return logger.warning(`${what}${whose} is left alone: {message}; it was to be deleted: {reason}`, told);
  }
}

const KINDS: Readonly<Record<DeletionOrder["kind"], string>> = {
  "server": "server",
  "floating-ip": "floating IP",
  "image": "image",
  "keypair": "keypair",
};

function causeOf(of: DeletionOwner): Record<string, unknown> {
  if (of.type === "leak") return { by: "cleanup", reason: of.reason };
  const { comment, evidence, deletedBy } = of.type === "node" ? of.node : of.image;
  const record = of.type === "node" ? { node: of.node.id } : { image: of.image.id };
  return {
    ...record,
    by: deletedBy ?? undefined,
    reason: comment ?? "it is no longer needed",
    error: evidence?.error,
  };
}
