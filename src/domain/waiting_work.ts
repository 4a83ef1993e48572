/**
 * Nodes and images on their way that nothing is being done for at this moment: they wait for the cloud, for another
 * attempt or for their turn. Their records say for what, in a dump beside the work in flight.
 */
import { type DibImage, dibStateName } from "./dib_image.ts";
import type { WorkReport } from "./dump_report.ts";
import { type NodeRecord, stateName, type WaitingOn } from "./node.ts";
import { imageStateName, type ProviderImage } from "./provider_image.ts";
import type { Instant } from "./time.ts";

interface Records {
  readonly nodes: Iterable<NodeRecord>;
  readonly images: Iterable<ProviderImage>;
  readonly dibImages: Iterable<DibImage>;
}

/** By phase and what it is for, as work that waits; without what `inFlight` has something for. */
export function waitingWork(
  { nodes, images, dibImages }: Records,
  { inFlight, now }: { inFlight: readonly WorkReport[]; now: Instant },
): readonly WorkReport[] {
  const isFree = (kind: string) => {
    const busy = new Set(inFlight.map(({ about }) => about[kind]));
    return ({ id }: { readonly id: number }) => !busy.has(id);
  };
  const waiting = (what: string, about: WorkReport["about"], record: Waiting): WorkReport => ({
    what,
    about,
    age: now - record.stateSince,
    begun: [],
    waits: record.waitingOn === null
      ? []
      : [{ on: record.waitingOn.message, age: now - record.waitingOn.since, stack: [] }],
  });
  return [
    ...[...nodes].filter((node) => ["building", "test", "delete"].includes(stateName(node)))
      .filter(isFree("node"))
      .map((node) => waiting(node.state.phase, aboutNode(node), node)),
    ...[...images].filter((image) => imageStateName(image) !== "ready" && image.state.phase !== "gone")
      .filter(isFree("image_id"))
      .map((image) => waiting(image.state.phase, aboutImage(image), image)),
    ...[...dibImages].filter((image) => dibStateName(image) !== "ready").filter(isFree("dib_image"))
      .map((image) => waiting(image.state.phase, aboutDibImage(image), image)),
  ];
}

interface Waiting {
  readonly stateSince: Instant;
  readonly waitingOn: WaitingOn | null;
}

export function aboutNode({ id, label, provider, image }: NodeRecord): WorkReport["about"] {
  // Servers that are there for an image belong to no label.
  return { node: id, ...label === "" ? {} : { label }, provider, image };
}

export function aboutImage({ id, image, provider }: ProviderImage): WorkReport["about"] {
  return { image, image_id: id, provider };
}

export function aboutDibImage({ id, name, version }: DibImage): WorkReport["about"] {
  return { dib_image: id, diskimage: name, version };
}
