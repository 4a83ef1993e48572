/**
 * The effects of another configuration, one line each. The same words in `plan`, where nothing is in force yet, and in
 * the log of a reload. Pure.
 */
import { describeRefusals } from "./describe_obstacle.ts";
import type { Moment } from "./time.ts";
import type { ConfigEffects, LabelEffect, ProviderEffect } from "./config_effects.ts";
import { countText, countTexts } from "./count_text.ts";

interface EffectLines {
  /** Nodes and images that come and go, and requests that lose their hope. */
  readonly effects: readonly string[];
  /** Things that the configuration cannot do, or that somebody should do first. */
  readonly warnings: readonly string[];
}

export function describeEffects(
  { labels, providers, requests, images }: ConfigEffects,
  moment: Moment,
): EffectLines {
  const hopeless = requests.map(({ id, label, refusals }) =>
    `request ${id} for ${label}: can no longer be met: ${describeRefusals(refusals, moment)}`
  );
  return {
    effects: [
      ...labels.flatMap(labelLine),
      ...images.deleted.map(({ what, id, why }) => `${what}: ${id} to delete (${why})`),
      ...images.built.map((name) => `diskimage ${name}: to build`),
      ...images.made.map(({ provider, image }) => `image ${image} on ${provider}: to make`),
      ...hopeless,
    ],
    warnings: [
      ...providers.map((provider) => `provider ${provider.name}: ${PROVIDERS[provider.kind](provider)}`),
      ...labels.flatMap((label) => shortageLine(label, moment)),
    ],
  };
}

function labelLine({ name, nodes, kept, launched, deleted }: LabelEffect): string[] {
  if (launched === 0 && deleted.size === 0) return [];
  const parts = [
    ...[...deleted].map(([why, count]) => `${count} to delete (${why})`),
    ...(launched === 0 ? [] : [`${launched} to launch`]),
    ...(nodes === 0 ? [] : [`${kept} kept`]),
  ];
  return [`label ${name}: nodes: ${parts.join(", ")}`];
}

function shortageLine({ name, minReady, possible }: LabelEffect, moment: Moment): string[] {
  if (minReady === null || possible.nodes >= minReady) return [];
  const most = possible.nodes === 0 ? "none is possible" : `at most ${possible.nodes} are possible`;
  const why = describeRefusals(possible.refusals, moment) || "no provider offers it";
  return [`label ${name}: min-ready ${minReady} cannot be met, even with no node in use: ${most} (${why})`];
}

const PROVIDERS: { readonly [Kind in ProviderEffect["kind"]]: (effect: ProviderEffect) => string } = {
  removed: (effect) =>
    `not in the configuration, but ${things(effect)} left there: nothing is deleted until the provider is ` +
    "added back; retire it (max-servers: -1), and remove it once it is empty",
  moved: (effect) =>
    `leads to another cloud, but ${
      things(effect)
    } left on the previous one: nothing is launched, handed out or ` +
    "deleted; add the other cloud as a provider of another name, and retire this one",
  retired: ({ nodes }) =>
    `retired: nothing new is launched; its ${countText(nodes, "node")} ${
      nodes === 1 ? "stays" : "stay"
    } until used`,
  full: ({ nodes, maxServers }) =>
    `has ${countText(nodes, "server")}, more than max-servers ${maxServers}: nothing is launched until ` +
    (maxServers === 0 ? "that is raised" : `fewer than ${maxServers} are left`),
};

function things({ nodes, images }: ProviderEffect): string {
  return `${countTexts({ node: nodes, image: images })} ${nodes + images === 1 ? "is" : "are"}`;
}
