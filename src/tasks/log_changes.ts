/** One log line for each change of a node's or an image's state, with all that somebody would search for, and one for retries. */
import { type NodeRecord, stateName } from "../domain/node.ts";
import type { DibImage } from "../domain/dib_image.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Ledger, LedgerChange } from "../store/ledger.ts";

interface Line {
  readonly level: "debug" | "info" | "warning";
  readonly text: string;
  readonly fields: Record<string, unknown>;
}

export function logChanges(ledger: Ledger): Disposable {
  const logger = loggerOf("node");
  const images = loggerOf("image");
  const jobs = loggerOf("job");
  const retries = new RetryLog();
  const log = (to: typeof logger, line: Line | null) => line && to[line.level](line.text, line.fields);
  return ledger.subscribe(({ nodes, requests, ...change }: LedgerChange) => {
    for (const { previous, next } of change.dibImages) {
      log(loggerOf("image", "build", (next ?? previous)!.name), dibLine(previous, next));
    }
    for (const { previous, next } of change.images) log(images, imageLine(previous, next));
    for (const { previous, next } of nodes) log(logger, lineOf(previous, next));
    for (const one of [...nodes, ...change.images, ...change.dibImages]) retries.note(one);
    for (const { previous, next } of change.jobs) {
      if (previous === null) {
        jobs.info("job {id}: nodes on which {job} fails are held, up to {holdOnFailure}", { ...next });
      } else if (next === null) {
        jobs.info("job {id}: nodes on which {job} fails are no longer held", { ...previous });
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

function lineOf(previous: NodeRecord | null, next: NodeRecord | null): Line | null {
  const node = (next ?? previous)!;
  const fields = { node: node.id, provider: node.provider, label: node.label, hostname: node.hostname };
  if (next === null) {
    const text = "node {node}: gone ({result})";
    return { level: "info", text, fields: { ...fields, result: node.result } };
  }
  if (previous === null) {
    const kind = node.role === "node" ? "as {label} " : "";
    const text = `node {node}: to be launched ${kind}on {provider}: {reason}`;
    return { level: "info", text, fields: { ...fields, reason: node.launchReason } };
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
  return { level, text: `node {node}: {from} -> {to} after {seconds} s${why}`, fields: change };
}

/** Logs only the phases that take time, and how each ended. */
function dibLine(previous: DibImage | null, next: DibImage | null): Line | null {
  const image = (next ?? previous)!;
  if (previous?.state.phase === next?.state.phase) return null;
  const fields = { dibImage: image.id, image: image.name, file: image.path };
  if (next === null) {
    const text = "dib image {dibImage} ({image}): files deleted: {reason}";
    return { level: "info", text, fields: { ...fields, ...causeOf(image) } };
  }
  const text = `dib image {dibImage} ({image}): ${next.state.phase}`;
  return withReason(text, { image: next, fields, isFailure: previous?.state.phase === "build" });
}

function imageLine(previous: ProviderImage | null, next: ProviderImage | null): Line | null {
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
): Line {
  const { evidence, state } = image;
  if (state.phase !== "delete") return { level: "info", text, fields };
  const failed = isFailure && evidence !== null;
  const told = { ...fields, ...causeOf(image), ...(failed ? { error: evidence.error } : {}) };
  return { level: failed ? "warning" : "info", text: `${text}: {reason}`, fields: told };
}

function causeOf({ comment, deletedBy }: DibImage | ProviderImage) {
  return { reason: comment ?? undefined, by: deletedBy ?? undefined };
}

type Retried = NodeRecord | ProviderImage | DibImage;

/** The phases in which an attempt that worked leaves a node or an image. */
const PASSED: ReadonlySet<string> = new Set(["login", "ready", "test", "upload", "server", "saving"]);

/**
 * Says in the log, once for all records of a place, when attempts fail that are made again until they work, and when they work
 * again. A failure that ends its record, a launch that a cloud refuses and a deletion on a cloud are logged elsewhere.
 */
class RetryLog {
  /** The ids of the records whose last attempt failed, by the work. */
  readonly #failing = new Map<string, Set<number>>();

  note({ previous, next }: { readonly previous: Retried | null; readonly next: Retried | null }): void {
    const work = previous && workOf(previous);
    if (previous === null || work === null) return;
    const [category, name, what] = work;
    const log = loggerOf(category);
    const fields = { place: `${category} ${name}`, what };
    const key = work.join(" ");
    const failing = this.#failing.get(key);
    if (next?.state.phase === previous.state.phase) {
      const { id, retryAt, waitingOn } = next;
      if (retryAt === null || retryAt === previous.retryAt) return;
      this.#failing.set(key, (failing ?? new Set()).add(id));
      const told = { ...fields, id, reason: waitingOn?.message };
      if (failing === undefined) log.warning("{place}: cannot {what}; trying again: {reason}", told);
    } else if (failing?.delete(previous.id) && failing.size === 0) {
      this.#failing.delete(key);
      // The record of a build goes with its files.
      if (next === null || PASSED.has(next.state.phase)) log.info("{place}: can {what} again", fields);
    }
  }
}

/** The work of its phase that is logged here: the category and name of the place, and what is done there. */
function workOf(record: Retried): readonly ["provider" | "target" | "image", string, string] | null {
  const phase: string = record.state.phase;
  if ("path" in record) return phase === "delete" ? ["image", record.name, "remove files of builds"] : null;
  const { provider } = record;
  if ("source" in record) {
    const things = { create: "images", keypair: "keypairs", snapshot: "snapshots" }[phase];
    return things === undefined ? null : ["provider", provider, `create ${things}`];
  }
  if (phase === "address") return ["provider", provider, "create floating IPs"];
  if (phase === "assign") return ["target", record.target, "take nodes"];
  return phase === "test" ? ["target", record.target, "start test jobs"] : null;
}
