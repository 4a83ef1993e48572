/** One log line for each change of a node's or an image's state, with all that somebody would search for. */
import { type NodeRecord, stateName } from "../domain/node.ts";
import type { DibImage } from "../domain/dib_image.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Ledger, LedgerChange } from "../store/ledger.ts";

export function logChanges(ledger: Ledger): Disposable {
  const logger = loggerOf("node");
  const images = loggerOf("image");
  const jobs = loggerOf("job");
  return ledger.subscribe(({ nodes, requests, ...change }: LedgerChange) => {
    for (const { previous, next } of change.dibImages) {
      const line = dibLine(previous, next);
      const { name } = (next ?? previous)!;
      if (line !== null) loggerOf("image", "build", name)[line.level](line.text, line.fields);
    }
    for (const { previous, next } of change.images) {
      const line = imageLine(previous, next);
      if (line !== null) images[line.level](line.text, line.fields);
    }
    for (const { previous, next } of nodes) {
      const line = lineOf(previous, next);
      if (line !== null) logger[line.level](line.text, line.fields);
    }
    for (const { previous, next } of change.jobs) {
      if (previous === null) {
        jobs.info("job {id}: nodes that fail {job} are held, up to {holdOnFailure}", { ...next });
      } else if (next === null) {
        jobs.info("job {id}: nodes that fail {job} are no longer held", { ...previous });
      }
    }
    for (const { previous, next } of requests) {
      const request = next ?? previous;
      if (previous === null) logger.info("request {id}: {count} of {label} requested", { ...request });
      else if (next !== null && previous.grantedAt === null && next.grantedAt !== null) {
        logger.info("request {id}: granted {nodes}", { ...next });
      }
    }
  });
}

function lineOf(previous: NodeRecord | null, next: NodeRecord | null) {
  const node = next ?? previous;
  if (node === null) return null;
  const fields = { node: node.id, provider: node.provider, label: node.label, hostname: node.hostname };
  if (next === null) {
    return {
      level: "info",
      text: "node {node}: gone ({result})",
      fields: { ...fields, result: node.result },
    } as const;
  }
  if (previous === null) {
    const kind = node.role === "node" ? "as {label} " : "";
    const text = `node {node}: to be launched ${kind}on {provider}: {reason}`;
    return { level: "info", text, fields: { ...fields, reason: node.launchReason } } as const;
  }
  if (previous.state.phase === next.state.phase) return null;
  const change = {
    ...fields,
    from: previous.state.phase,
    to: next.state.phase,
    server: "serverId" in next.state ? next.state.serverId : undefined,
    seconds: (next.phaseSince - previous.phaseSince) / 1000,
    reason: next.comment ?? undefined,
    by: next.deletedBy ?? undefined,
    ...(next.evidence === null ? {} : { error: next.evidence.error, requestId: next.evidence.requestId }),
  };
  const isStateChange = stateName(previous) !== stateName(next);
  const level = next.result === "failed" ? "warning" : isStateChange ? "info" : "debug";
  const tellsWhy = stateName(next) === "delete" || stateName(next) === "hold";
  const why = next.comment === null || !tellsWhy ? "" : ": {reason}";
  return { level, text: `node {node}: {from} -> {to} after {seconds} s${why}`, fields: change } as const;
}

/** Logs only the phases that take time, and how each ended. */
function dibLine(previous: DibImage | null, next: DibImage | null) {
  const image = next ?? previous;
  if (image === null || previous?.state.phase === next?.state.phase) return null;
  const fields = { dibImage: image.id, image: image.name, file: image.path };
  if (next === null) {
    const cause = { reason: image!.comment ?? undefined, by: image!.deletedBy ?? undefined };
    const text = "dib image {dibImage} ({image}): files deleted: {reason}";
    return { level: "info", text, fields: { ...fields, ...cause } } as const;
  }
  const text = `dib image {dibImage} ({image}): ${next.state.phase}`;
  return withReason(text, { image: next, fields, isFailure: previous?.state.phase === "build" });
}

function imageLine(previous: ProviderImage | null, next: ProviderImage | null) {
  // A record that is forgotten a day after its image was gone is no news.
  if (next === null || previous?.state.phase === next.state.phase) return null;
  const { id, provider, image, hostname, state, source } = next;
  const fields = { imageId: id, provider, image, hostname, source: source.type };
  const text = `image {imageId} ({image} on {provider}): ${state.phase}`;
  return withReason(text, { image: next, fields, isFailure: state.phase === "delete" });
}

function withReason(
  text: string,
  { image, fields, isFailure }: {
    image: DibImage | ProviderImage;
    fields: Record<string, unknown>;
    isFailure: boolean;
  },
) {
  const { comment, deletedBy, evidence, state } = image;
  if (state.phase !== "delete") return { level: "info", text, fields } as const;
  const failed = isFailure && evidence !== null;
  const cause = { reason: comment ?? undefined, by: deletedBy ?? undefined };
  const told = { ...fields, ...cause, ...(failed ? { error: evidence.error } : {}) };
  return { level: failed ? "warning" : "info", text: `${text}: {reason}`, fields: told } as const;
}
