/**
 * The effects of another configuration on a running pool, before it is in force: the forecast under it against the
 * forecast under the one before, so that what the pool is doing anyway is no effect of it. Pure. The operation `plan`
 * and each reload of the daemon ask; `describeEffects` puts it in words.
 */
import { isDeepStrictEqual } from "node:util";
import { isUnknown } from "../../domain/cloud_access.ts";
import type { Config, ProviderConfig } from "../../domain/config.ts";
import type {
  ConfigEffects,
  ImageEffects,
  LabelEffect,
  ProviderEffect,
} from "../../domain/config_effects.ts";
import { dibStateName } from "../../domain/dib_image.ts";
import { type NodeRecord, stateName } from "../../domain/node.ts";
import { isNeverMet } from "../../domain/obstacle.ts";
import { imageStateName } from "../../domain/provider_image.ts";
import { type ImagesInput, planImages } from "../images/plan_images.ts";
import type { PoolInput } from "../pool_plan.ts";
import { type Forecast, forecastPool } from "./forecast_pool.ts";

export interface ConfigChange {
  /** null: it is not known. */
  readonly before: Config | null;
  readonly after: Config;
  readonly pool: Omit<PoolInput, "config">;
  readonly images: Omit<ImagesInput, "config">;
}

const NOTHING: Forecast = { leaving: new Map(), launched: new Map(), reports: [], waits: [] };

export function planEffects(given: ConfigChange): ConfigEffects {
  const change = readOften(given);
  const { before, after, pool } = change;
  const nodes = [...pool.nodes].filter((node) => stateName(node) !== "delete");
  const round = { ...change, nodes };
  const moved = movedProviders(round);
  const then = before === null ? NOTHING : forecastPool({ ...pool, config: before });
  const now = forecastPool({ ...pool, config: after, seen: withMoved(pool.seen, moved) });
  return {
    labels: labelEffects(round, { then, now, alone: forecastAlone(round) }),
    providers: after.providers.flatMap((provider) => providerEffects(provider, { ...round, moved }))
      .concat(removedProviders(round)),
    requests: hopelessWaits(now, hopelessWaits(then)).map(({ request: { id, label }, refusals }) => ({
      id,
      label,
      refusals,
    })),
    images: imageEffects(change),
  };
}

/** Each forecast reads the records from their beginning, and takes new work on. */
function readOften({ pool, images, ...configs }: ConfigChange): ConfigChange {
  return {
    ...configs,
    pool: { ...pool, requests: [...pool.requests] },
    images: { ...images, dibImages: [...images.dibImages], images: [...images.images], accepting: true },
  };
}

interface Round extends ConfigChange {
  /** Without those that are being deleted. */
  readonly nodes: readonly NodeRecord[];
}

/** Nobody uses a node, asks for one or stands in the way: then only limits do. */
function forecastAlone({ after, pool }: Round): Forecast {
  const { launchesNothing: _, ...rest } = pool;
  return forecastPool({
    ...rest,
    config: after,
    nodes: [],
    requests: [],
    demand: new Map(),
    seen: thawed(pool.seen),
  });
}

function thawed(seen: PoolInput["seen"]): PoolInput["seen"] {
  return new Map([...seen].map(([name, each]) => [name, { ...each, frozen: null }]));
}

function labelEffects(
  { before, after, nodes }: Round,
  { then, now, alone }: { then: Forecast; now: Forecast; alone: Forecast },
): LabelEffect[] {
  const own = Map.groupBy(nodes.filter(({ role }) => role === "node"), ({ label }) => label);
  const known = new Map(before?.labels.map((label) => [label.name, label]));
  const labels = new Map(after.labels.map((label) => [label.name, label]));
  return [...new Set([...labels.keys(), ...known.keys(), ...own.keys()])].map((name) => {
    const ids = (own.get(name) ?? []).map(({ id }) => id);
    const leaving = ids.filter((id) => now.leaving.has(id));
    const deleted = Map.groupBy(leaving.filter((id) => !then.leaving.has(id)), (id) => now.leaving.get(id)!);
    const report = alone.reports.find((report) => report.name === name);
    const minReady = labels.get(name)?.minReady ?? null;
    return {
      name,
      change: !labels.has(name) ? "removed" : before !== null && !known.has(name) ? "added" : null,
      minReady,
      nodes: ids.length,
      kept: ids.length - leaving.length,
      launched: Math.max(0, (now.launched.get(name) ?? 0) - (then.launched.get(name) ?? 0)),
      deleted: new Map([...deleted].map(([why, gone]) => [why, gone.length])),
      possible: {
        nodes: Math.max(0, minReady ?? 0) - (report?.wanted ?? 0),
        refusals: report?.refusals ?? [],
      },
    };
  });
}

/** Nodes and images of the pool on a provider. */
function countThere(name: string, { nodes, images }: Round): { nodes: number; images: number } {
  return {
    nodes: nodes.filter(({ provider }) => provider === name).length,
    images:
      [...images.images].filter((image) => image.provider === name && image.state.phase !== "gone").length,
  };
}

function providerEffects(
  { name, maxServers }: ProviderConfig,
  { moved, ...round }: Round & { moved: ReadonlySet<string> },
): ProviderEffect[] {
  const there = { name, maxServers, ...countThere(name, round) };
  const before = round.before?.providers.find((provider) => provider.name === name);
  const servers = round.nodes.filter(({ provider, providerImageId }) =>
    provider === name && providerImageId === null
  );
  if (moved.has(name)) return [{ ...there, kind: "moved" }];
  if (there.nodes === 0 || maxServers === before?.maxServers) return [];
  if (maxServers < 0) return [{ ...there, kind: "retired" }];
  return servers.length > maxServers ? [{ ...there, nodes: servers.length, kind: "full" }] : [];
}

/** Those of which the pool still has something, whichever configuration named them last. */
function removedProviders(round: Round): ProviderEffect[] {
  const used = [...round.nodes, ...round.images.images].map(({ provider }) => provider);
  const left = new Set(round.after.providers.map(({ name }) => name));
  return [...new Set(used)].filter((name) => !left.has(name)).map((name) =>
    ({ name, kind: "removed", maxServers: 0, ...countThere(name, round) }) as const
  ).filter(({ nodes, images }) => nodes + images > 0);
}

/** Providers that would lead to another cloud, project or region while the pool has something where they lead now. */
function movedProviders(round: Round): ReadonlySet<string> {
  const before = new Map(round.before?.providers.map((provider) => [provider.name, provider]));
  const moved = round.after.providers.filter((provider) => {
    const there = countThere(provider.name, round);
    const was = before.get(provider.name);
    return was !== undefined && !isSamePlace(was, provider) && there.nodes + there.images > 0;
  });
  return new Set(moved.map(({ name }) => name));
}

function isSamePlace({ access: a }: ProviderConfig, { access: b }: ProviderConfig): boolean {
  if (isUnknown(a) || isUnknown(b)) return true;
  const place = ({ authUrl, scope, regionName }: typeof a) => [authUrl, scope, regionName];
  return isDeepStrictEqual(place(a), place(b));
}

/** Nothing is done where a provider leads elsewhere than to what the pool has on it. */
function withMoved(seen: PoolInput["seen"], moved: ReadonlySet<string>): PoolInput["seen"] {
  return new Map(
    [...seen].map(([name, each]) =>
      [name, moved.has(name) ? { ...each, frozen: `${name} leads to another cloud` } : each] as const
    ),
  );
}

/** Requests that would wait forever, except those that do so anyway. */
function hopelessWaits({ waits }: Forecast, anyway: Forecast["waits"] = []): Forecast["waits"] {
  const known = new Set(anyway.map(({ request }) => request.id));
  return waits.filter(({ request, refusals }) =>
    !known.has(request.id) && refusals.some(({ obstacle }) => isNeverMet(obstacle))
  );
}

function imageEffects({ before, after, images }: ConfigChange): ImageEffects {
  const then = before === null ? null : plannedImages({ ...images, config: before });
  const now = plannedImages({ ...images, config: after });
  const isNew = <One>(list: readonly One[] | undefined) => (one: One) =>
    list === undefined || !list.some((other) => isDeepStrictEqual(other, one));
  return {
    deleted: now.deleted.filter(isNew(then?.deleted)),
    built: now.built.filter(isNew(then?.built)),
    made: now.made.filter(isNew(then?.made)),
  };
}

function plannedImages(input: ImagesInput): ImageEffects {
  const { dibChanges, changes, wanted } = planImages(input);
  return {
    deleted: [
      ...deletions(dibChanges, dibStateName, ({ name }) => `build of diskimage ${name}`),
      ...deletions(changes, imageStateName, ({ image, provider }) => `image ${image} on ${provider}`),
    ],
    built: wanted.builds.map(({ name }) => name),
    made: wanted.images.map(({ provider, image }) => ({ provider: provider.name, image: image.name })),
  };
}

function deletions<Image extends { readonly id: number; readonly comment: string | null }>(
  changes: readonly { readonly previous: Image; readonly next: Image | null }[],
  stateName: (image: Image) => string,
  what: (image: Image) => string,
) {
  return changes.flatMap(({ previous, next }) =>
    next === null || stateName(next) !== "delete" || stateName(previous) === "delete"
      ? []
      : [{ what: what(previous), id: previous.id, why: next.comment ?? "" }]
  );
}
