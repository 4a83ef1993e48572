/**
 * The names that values of labels may have, by label: those of the configuration, and of what is left of things that it
 * named before. Counts under any other name are dropped. Pure.
 */
import type { PoolReport } from "../domain/pool_report.ts";

export type KnownNames = Readonly<Record<string, ReadonlySet<string>>>;

export function knownNames({ config, nodes, requests, images, dibImages }: PoolReport): KnownNames {
  const provider = new Set(config?.providers.map(({ name }) => name));
  // Servers that are there for an image belong to no label.
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
