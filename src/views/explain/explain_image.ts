/** Why there is, or is not, an image: its builds, and its images on each provider. */
import { obstacleOfBaseImage } from "../../domain/base_image.ts";
import type { ProviderImageConfig } from "../../domain/config.ts";
import { currentImages } from "../../domain/current_images.ts";
import type { Evidence } from "../../domain/node.ts";
import type { ObstacleKind, Refusal } from "../../domain/obstacle.ts";
import { dibStateName } from "../../domain/dib_image.ts";
import type { PoolReport } from "../../domain/pool_report.ts";
import { imageStateName } from "../../domain/provider_image.ts";
import { obstaclesOfOrder, stepOf } from "../../domain/record_obstacles.ts";
import { describeObstacle } from "../../domain/describe_obstacle.ts";
import { spacedDuration } from "../../domain/time.ts";
import type { Explanation } from "./explanation.ts";
import {
  newestErrors,
  nextOf,
  refusalsOfLabel,
  standstillOf,
  toldError,
  toldEvidence,
  toldObstacles,
} from "./told_parts.ts";

/** null: the configuration has neither an image nor a diskimage of that name, and none is left. */
export function explainImage(report: PoolReport, name: string): Explanation | null {
  const uses = (report.config?.providers ?? []).flatMap((provider) =>
    provider.images.filter((image) => image.name === name || image.diskimage === name)
      .map((image) => ({ provider: provider.name, image }))
  );
  const names = new Set([name, ...uses.flatMap(({ image }) => [image.name, image.diskimage ?? image.name])]);
  const builds = report.dibImages.filter((build) => names.has(build.name));
  const images = report.images.filter(({ image, state }) => names.has(image) && state.phase !== "gone");
  const isKnown = uses.length + builds.length + images.length > 0 ||
    report.config?.diskimages.some((diskimage) => diskimage.name === name);
  if (!isKnown) return null;
  const orders = report.orders.filter(({ image }) => names.has(image));
  const ofUses = uses.flatMap((use) => refusalOfUse(use, report));
  const refusals = [...orders.flatMap((order) => obstaclesOfOrder(order, report)), ...ofUses];
  const current = currentImages(report.images);
  const ready = uses.filter(({ provider, image }) => current(provider, image.name) !== null).length;
  const isBase = uses.length > 0 &&
    uses.every(({ image }) => image.diskimage === null && image.setup === null);
  return {
    summary: `image ${name}: ${
      isBase
        ? baseText(uses.map(({ provider }) => provider), ofUses)
        : `ready on ${ready} of ${uses.length} ${uses.length === 1 ? "provider" : "providers"}`
    }`,
    obstacles: toldObstacles([...standstillOf(report), ...refusals, ...refusedFor(names, report)], {
      report,
      label: null,
      image: uses[0]?.image.name ?? name,
    }),
    facts: [
      ...orders.filter(({ orderedAt }) => orderedAt !== null).map(({ provider, orderedAt }) => ({
        name: "ordered",
        value: `${provider ?? "a build"}, ${spacedDuration(report.now - orderedAt!)} ago`,
      })),
      ...builds.map((build) => ({
        name: `build ${build.id}`,
        value: `${dibStateName(build)}, version ${build.version}${stateText(build, report)}`,
      })),
      ...images.map((image) => ({
        name: `image ${image.id}`,
        value: `${imageStateName(image)} on ${image.provider}, version ${image.version}${
          current(image.provider, image.image)?.id === image.id ? ", current" : ""
        }${stateText(image, report)}`,
      })),
    ],
    next: nextOf(refusals, { report }),
    errors: newestErrors([
      ...orders.flatMap(({ provider, image, lastError, lastFailureAt: at }) =>
        lastError === null ? [] : [
          toldError(provider === null ? `diskimage ${image}` : `image ${image} on ${provider}`, lastError, {
            at,
            report,
          }),
        ]
      ),
      ...[...builds, ...images].flatMap(({ id, evidence }: { id: number; evidence: Evidence | null }) =>
        evidence === null ? [] : [toldEvidence(`image ${id}`, evidence, report)]
      ),
    ]),
  };
}

function stateText(record: Parameters<typeof stepOf>[0], report: PoolReport): string {
  const step = stepOf(record, report.now);
  return step === null ? "" : `: ${describeObstacle(step, report)}`;
}

/** Where it can be booted, and where not. */
function baseText(providers: readonly string[], refusals: readonly Refusal[]): string {
  const isRefused = (name: string) => refusals.some(({ provider }) => provider === name);
  const [open, refused] = [providers.filter((name) => !isRefused(name)), providers.filter(isRefused)];
  return [
    ...(open.length === 0 ? [] : [`used as it is on ${open.join(", ")}`]),
    ...(refused.length === 0 ? [] : [`cannot be booted on ${refused.join(", ")}`]),
  ].join("; ");
}

const OF_CLOUDS: readonly ObstacleKind[] = [
  "retired",
  "not-contacted",
  "unreachable",
  "unauthorized",
  "not-listed",
  "frozen",
];

/** Why it cannot be made or booted there, whether a label needs it or not. */
function refusalOfUse(
  { provider, image }: { readonly provider: string; readonly image: ProviderImageConfig },
  { providers }: PoolReport,
): Refusal[] {
  const seen = providers.find(({ name }) => name === provider);
  const ofCloud = seen?.obstacle ?? null;
  if (ofCloud !== null && OF_CLOUDS.includes(ofCloud.kind)) return [{ provider, obstacle: ofCloud }];
  if (image.baseImage === null || seen?.baseImages === undefined) return [];
  const obstacle = obstacleOfBaseImage(image.baseImage, seen.baseImages);
  return obstacle === null ? [] : [{ provider, obstacle }];
}

const OF_IMAGES: readonly ObstacleKind[] = ["image-inactive", "local-file"];

/** Why its labels are refused for its sake. */
function refusedFor(names: ReadonlySet<string>, report: PoolReport): Refusal[] {
  return (report.config?.labels ?? []).filter(({ image }) => names.has(image))
    .flatMap(({ name }) => refusalsOfLabel(report, name))
    .filter(({ obstacle }) => OF_IMAGES.includes(obstacle.kind));
}
