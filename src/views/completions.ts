/** The names and ids of a pool that complete a command line which a shell has in hand. Asked for at each press of the Tab key. */
import type { PoolReport } from "../domain/pool_report.ts";
import { dibStateName } from "../domain/dib_image.ts";
import { type NodeRecord, stateName } from "../domain/node.ts";
import { imageStateName } from "../domain/provider_image.ts";

export interface Completion {
  readonly value: string;
  /** For people; empty: the value says it all. */
  readonly about: string;
}

/** Each value once, in the order in which the lists have them. */
export function viewCompletions(
  report: PoolReport,
  { kind, prefix }: { kind: CompletionKind; prefix: string },
): readonly Completion[] {
  const found = new Map<string, Completion>();
  for (const one of sources[kind](report, prefix)) {
    if (one.value.startsWith(prefix) && !found.has(one.value)) found.set(one.value, one);
  }
  return [...found.values()];
}

type Source = (report: PoolReport, prefix: string) => readonly Completion[];

const labels: Source = ({ config }) =>
  config?.labels.map(({ name, image }) => ({ value: name, about: image })) ?? [];
const providers: Source = ({ config }) => config?.providers.map(named) ?? [];
const images: Source = ({ config, images }) => [
  ...(config?.providers ?? []).flatMap((provider) => provider.images.map(named)),
  ...images.filter(({ state }) => state.phase !== "gone").map(({ image }) => ({ value: image, about: "" })),
];
const diskimages: Source = ({ config, dibImages }) =>
  [...(config?.diskimages ?? []), ...dibImages].map(named);
const nodes: Source = ({ nodes }) => nodes.filter(({ role }) => role === "node").map(nodeById);
/** Host names only for who has begun one: there are as many as ids. */
const nodeNames: Source = (report, prefix) =>
  /^\d*$/.test(prefix)
    ? nodes(report, prefix)
    : report.nodes.map((node) => ({ value: node.hostname, about: aboutNode(node) }));

const sources = {
  "node": nodes,
  "held-node": ({ nodes }) => nodes.filter(({ state }) => state.phase === "hold").map(nodeById),
  "node-name": nodeNames,
  "image-id": ({ images }) =>
    images.filter(({ state }) => state.phase !== "gone").map((one) => ({
      value: String(one.id),
      about: `${one.image} on ${one.provider}, ${imageStateName(one)}`,
    })),
  "dib-image-id": ({ dibImages }) =>
    dibImages.map((one) => ({ value: String(one.id), about: `${one.name}, ${dibStateName(one)}` })),
  "job-id": ({ jobs }) => jobs.map(({ id, job }) => ({ value: String(id), about: job })),
  "label": labels,
  "provider": providers,
  "provider-or-all": (...asked) => [{ value: "all", about: "" }, ...providers(...asked)],
  "provider-or-image": (
    ...asked
  ) => [{ value: "all", about: "" }, ...providers(...asked), ...images(...asked)],
  "image": images,
  "diskimage": diskimages,
  "job": ({ jobs, requests }) => [
    ...jobs.map(({ job }) => ({ value: job, about: "" })),
    ...requests.flatMap(({ job }) => job === null ? [] : [{ value: job, about: "" }]),
  ],
  "anything": (report, prefix) =>
    [labels, providers, images, nodeNames].flatMap((source) => source(report, prefix)),
} satisfies Readonly<Record<string, Source>>;

export type CompletionKind = keyof typeof sources;
export const completionKinds = Object.keys(sources) as CompletionKind[];

function named({ name }: { readonly name: string }): Completion {
  return { value: name, about: "" };
}

function nodeById(node: NodeRecord): Completion {
  return { value: String(node.id), about: aboutNode(node) };
}

function aboutNode(node: NodeRecord): string {
  return `${stateName(node)}, ${node.label} on ${node.provider}`;
}
