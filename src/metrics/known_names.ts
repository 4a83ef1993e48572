/**
 * The names that values of labels may have, by label: those of the configuration, and of what is left of things that it
 * named before. Nothing is shown under any other name. Pure.
 */
import type { PoolReport } from "../domain/pool_report.ts";

/** Tells whether all names in labels are known. */
export type AreKnown = (labels: Readonly<Record<string, string>>) => boolean;

export function knownNames(report: PoolReport): AreKnown {
  const names: Readonly<Record<string, ReadonlySet<string>>> = namesOf(report);
  return (labels) => {
    for (const label in labels) if (names[label]?.has(labels[label]!) === false) return false;
    return true;
  };
}

function namesOf({ config, nodes, requests, images, dibImages }: PoolReport) {
  // What stands in the way everywhere is at no provider, and servers that are there for an image belong to no label.
  const provider = new Set(["", ...(config?.providers ?? []).map(({ name }) => name)]);
  const label = new Set(["", ...(config?.labels ?? []).map(({ name }) => name)]);
  const image = new Set(dibImages.map(({ name }) => name));
  for (const { name } of config?.diskimages ?? []) image.add(name);
  for (const { name } of config?.providers.flatMap(({ images }) => images) ?? []) image.add(name);
  for (const node of nodes) {
    provider.add(node.provider);
    label.add(node.label);
  }
  for (const request of requests) label.add(request.label);
  for (const one of images) {
    provider.add(one.provider);
    image.add(one.image);
  }
  return { provider, label, image };
}
